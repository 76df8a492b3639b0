/** How lists are cut: newest first, by id, since UUIDv7 ids sort by creation. */
import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { Type as Into } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { LessThan, type FindOperator } from 'typeorm';

const LIMIT_DEFAULT = 50;

export class LimitQuery {
  /** How many at most, 1 to 100. */
  @IsOptional()
  @Into(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

export class PageQuery extends LimitQuery {
  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsUUID()
  cursor?: string;
}

/** Documents an answer that is a page of these. */
export function ApiPage(view: Type): MethodDecorator {
  const page = {
    type: 'object',
    required: ['data', 'nextCursor'],
    properties: {
      data: { type: 'array', items: { $ref: getSchemaPath(view) } },
      nextCursor: { type: 'string', nullable: true, description: 'null on the last page' },
    },
  };
  return applyDecorators(ApiExtraModels(view), ApiOkResponse({ description: 'a page of them', schema: page }));
}

export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

export function limitOf(query: LimitQuery): number {
  return query.limit ?? LIMIT_DEFAULT;
}

/** The condition that continues after the page before. */
export function afterCursor({ cursor }: PageQuery): { id?: FindOperator<string> } {
  return cursor === undefined ? {} : { id: LessThan(cursor) };
}

/** Builds a page from rows read with one more than the limit, so that the end is known without counting. */
export function pageOf<R extends { id: string }, T>(rows: R[], query: PageQuery, present: (row: R) => T): Page<T> {
  const limit = limitOf(query);
  const shown = rows.slice(0, limit);
  return {
    data: shown.map(present),
    nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
  };
}
