/** The job of facts that wait for their invoice or credit note. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { IssueDocuments } from './issue-documents.js';

const HAS_WAITING = `exists (select from undocumented_facts u
  where u.entity = document_counters.entity and u.kind = document_counters.kind)`;

@Injectable()
export class DocumentsProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly issueDocuments: IssueDocuments,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'issue_documents',
      table: 'document_counters',
      where: HAS_WAITING,
      perform: (id) => this.issueDocuments.issue(id),
    });
  }
}
