/** Reads what was issued, newest first; nobody writes it but `IssueDocuments`. */
import { Injectable } from '@nestjs/common';
import { Refusal } from '../domain/refusal.js';
import { Database } from '../platform/database/database.js';
import { limitOf } from '../platform/http/page.js';
import type { DocumentsQuery } from './document.dto.js';
import { DocumentEntity } from './document.entity.js';

/** What each parameter of the query asks for. */
const CONDITIONS: Record<Exclude<keyof DocumentsQuery, 'limit'>, string> = {
  subscriptionId: 'd.subscriptionId = :subscriptionId',
  entity: 'd.entity = :entity',
  kind: 'd.kind = :kind',
  from: 'd.issuedAt >= :from',
  to: 'd.issuedAt < :to',
  cursor: '(d.issuedAt, d.id) < (select c.issued_at, c.id from documents c where c.id = :cursor)',
};

@Injectable()
export class DocumentStore {
  constructor(private readonly database: Database) {}

  /** Refuses `not_found`. */
  async get(id: string): Promise<DocumentEntity> {
    const found = await this.database.reader.findOne(DocumentEntity, { id });
    if (found === null) throw new Refusal('not_found', `There is no invoice or credit note ${id}.`);
    return found;
  }

  /** In the order of the numbers: what was issued at one instant, by its fact. */
  list(query: DocumentsQuery): Promise<DocumentEntity[]> {
    const { manager } = this.database.reader;
    const select = manager.createQueryBuilder(DocumentEntity, 'd').setParameters({ ...query });
    for (const [name, condition] of Object.entries(CONDITIONS)) {
      if (query[name as keyof DocumentsQuery] !== undefined) select.andWhere(condition);
    }
    return select
      .orderBy({ 'd.issuedAt': 'DESC', 'd.id': 'DESC' })
      .limit(limitOf(query) + 1)
      .getMany();
  }
}
