/**
 * Who may call what: every route names its scope or is named public. A route that names neither stops the start.
 */
import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { Request } from 'express';

export const SCOPES = ['storefront', 'risk', 'operations', 'finance'] as const;
export type Scope = (typeof SCOPES)[number];

export const ACCESS = 'access';
export type Access = readonly Scope[] | 'public';

/** The caller's token must carry one of these scopes. */
export function RequireScope(...scopes: Scope[]): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS, scopes), ...scopes.map((scope) => ApiBearerAuth(scope)));
}

/** Needs no token: health, documents, and what proves itself by another signature. */
export const Public = (): ClassDecorator & MethodDecorator => SetMetadata(ACCESS, 'public');

export interface Caller {
  subject: string;
  scopes: string[];
}

export type AuthenticatedRequest = Request & { caller?: Caller };

/** The authenticated caller's `sub`. */
export const Subject = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (caller === undefined) throw new Error('this route has no authenticated caller');
  return caller.subject;
});
