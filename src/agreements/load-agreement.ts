/** Loads the shipped agreement (`agreement.json` beside the market files) at start; a stored version never changes. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { IsISO8601, IsNotEmpty, IsString, validateOrReject } from 'class-validator';
import { Config } from '../platform/config.js';
import { Database } from '../platform/database.js';
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
    const read = plainToInstance(AgreementFile, JSON.parse(await readFile(file, 'utf8')) as object);
    await validateOrReject(read, { whitelist: true, forbidNonWhitelisted: true });
    const effectiveFrom = new Date(read.effectiveAt);
    await this.database.reader
      .createQueryBuilder()
      .insert()
      .into(AgreementEntity)
      .values({ version: read.version, text: read.text, publishedAt: effectiveFrom, effectiveFrom })
      .orIgnore()
      .execute();
  }
}
