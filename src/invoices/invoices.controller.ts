/** Where finance reads and prints the invoices and credit notes. */
import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { ApiPage, pageOf, type Page } from '../platform/http/page.js';
import { IdParam } from '../platform/http/params.dto.js';
import { DocumentsQuery } from './document.dto.js';
import { DocumentStore } from './document.store.js';
import { DocumentView, viewDocument } from './document.view.js';
import { PAGE_POLICY, printDocument } from './print-document.js';

@ApiTags('finance')
@RequireScope('finance')
@Controller('v1/invoices')
export class InvoicesController {
  constructor(private readonly documents: DocumentStore) {}

  /** Invoices and credit notes, newest first. */
  @Get()
  @ApiPage(DocumentView)
  async list(@Query() query: DocumentsQuery): Promise<Page<DocumentView>> {
    return pageOf(await this.documents.list(query), query, viewDocument);
  }

  /** One as a page to print. 404 `not_found`. */
  @Get(':id.html')
  @ApiProduces('text/html')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', PAGE_POLICY)
  async print(@Param() { id }: IdParam): Promise<string> {
    return printDocument(await this.documents.get(id));
  }

  /** One of them. 404 `not_found`. */
  @Get(':id')
  async get(@Param() { id }: IdParam): Promise<DocumentView> {
    return viewDocument(await this.documents.get(id));
  }
}
