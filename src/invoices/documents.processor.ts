/** The duty of facts that wait for their invoice or credit note. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DutyRunner } from '../platform/duty-runner.js';
import { IssueDocuments } from './issue-documents.js';

@Injectable()
export class DocumentsProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly issueDocuments: IssueDocuments,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'issue_documents',
      claim: (max) => this.issueDocuments.claim(max),
      perform: (id) => this.issueDocuments.run(id),
    });
  }
}
