/** Loads the shipped agreement (`agreement.json` beside the market files) at start; a stored version never changes. */
import path from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { IsISO8601, IsNotEmpty, IsString } from 'class-validator';
import { Config } from '../platform/config.js';
import { Database } from '../platform/database/database.js';
import { readShippedFile } from '../platform/shipped-file.js';
import { AgreementEntity } from './agreement.entity.js';

class AgreementFile {
  @IsString()
  @IsNotEmpty()
  version: string;

  @IsString()
  @IsNotEmpty()
  text: string;

  @IsISO8601({ strict: true })
  effectiveAt: string;
}

@Injectable()
export class LoadAgreement implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly database: Database,
  ) {}

  async onModuleInit(): Promise<void> {
    const file = path.resolve(this.config.MARKETS_DIR, 'agreement.json');
    const { version, text, effectiveAt } = await readShippedFile(file, AgreementFile);
    const effectiveFrom = new Date(effectiveAt);
    const { reader } = this.database;
    const shipped = { version, text, publishedAt: effectiveFrom, effectiveFrom, publishedBy: 'shipped' };
    await reader.insert(AgreementEntity, shipped, 'ignore');
    const stored = await reader.findOne(AgreementEntity, { version });
    if (stored?.text === text && stored.effectiveFrom.getTime() === effectiveFrom.getTime()) return;
    throw new Error(
      `Agreement ${version} of ${file} differs from the one in force here. What is published never changes: add a new version.`,
    );
  }
}
