/**
 * Loads the shipped market files into the versioned tables at start. What was loaded once is never changed by a file:
 * a version that differs from the stored one stops the start, and so does a file that breaks the form.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import currencies from 'currency-codes';
import type { EntityManager } from 'typeorm';
import { Config } from '../platform/config.js';
import { Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import { MarketFile } from './market-file.dto.js';
import { MarketEntity, PriceEntity, RulePackEntity, type SourcedNumber } from './market.entity.js';

const COUNTRY_FILE = /^[A-Z]{2}\.json$/;

@Injectable()
export class LoadMarkets implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly database: Database,
  ) {}

  async onModuleInit(): Promise<void> {
    const folder = path.resolve(this.config.MARKETS_DIR);
    const names = (await readdir(folder)).filter((name) => COUNTRY_FILE.test(name)).sort();
    if (names.length === 0) throw new Error(`${folder} has no market files such as ES.json`);
    const files = await Promise.all(names.map(async (name) => readMarketFile(path.join(folder, name))));
    await this.database.transaction(async (tx) => {
      // Several processes may start at once.
      await tx.query('lock table markets in share row exclusive mode');
      for (const file of files) await this.load(tx, file);
    });
  }

  private async load(tx: EntityManager, file: MarketFile): Promise<void> {
    const { country, currency, status } = file;
    if (!(await tx.getRepository(MarketEntity).existsBy({ country }))) {
      await tx.getRepository(MarketEntity).insert({ country, currency, status });
    }
    for (const part of file.rulePacks) await this.loadRulePack(tx, country, part);
    for (const part of file.prices) {
      const effectiveFrom = new Date(part.effectiveFrom);
      if (await tx.getRepository(PriceEntity).existsBy({ country, effectiveFrom })) continue;
      await tx.getRepository(PriceEntity).insert({
        id: newId(),
        country,
        amountMinor: part.amount,
        currency,
        publishedAt: effectiveFrom,
        effectiveFrom,
        source: part.source,
      });
    }
  }

  private async loadRulePack(tx: EntityManager, country: string, part: MarketFile['rulePacks'][number]): Promise<void> {
    const numbers = JSON.parse(JSON.stringify(part.numbers)) as Record<string, SourcedNumber>;
    const stored = await tx.getRepository(RulePackEntity).findOneBy({ country, version: part.version });
    if (stored === null) {
      const effectiveFrom = new Date(part.effectiveFrom);
      const benefits = part.benefits.map((benefit) => ({ ...benefit }));
      await tx
        .getRepository(RulePackEntity)
        .insert({ country, version: part.version, effectiveFrom, numbers, benefits });
    } else if (!isDeepStrictEqual(stored.numbers, numbers)) {
      throw new Error(
        `Rule pack ${country} version ${part.version} differs from the one in force here. Published rules never change: add a new version.`,
      );
    }
  }
}

export async function readMarketFile(file: string): Promise<MarketFile> {
  const parsed = plainToInstance(MarketFile, JSON.parse(await readFile(file, 'utf8')) as object);
  const faults = describe(validateSync(parsed, { whitelist: true, forbidNonWhitelisted: true }));
  if (currencies.code(parsed.currency) === undefined) faults.push(`currency: ${parsed.currency} is no ISO 4217 code`);
  if (path.basename(file) !== `${parsed.country}.json`) faults.push('country: must be the name of the file');
  faults.push(...overlaps('rulePacks', parsed.rulePacks), ...overlaps('prices', parsed.prices));
  if (faults.length > 0)
    throw new Error(`${file} cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  return parsed;
}

function overlaps(name: string, dated: { effectiveFrom: string }[]): string[] {
  const starts = dated.map((one) => new Date(one.effectiveFrom).getTime());
  return new Set(starts).size === starts.length ? [] : [`${name}: two of them take effect at the same instant`];
}

function describe(errors: ValidationError[], parent = ''): string[] {
  return errors.flatMap((error) => {
    const at = parent === '' ? error.property : `${parent}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => `${at}: ${message}`);
    return [...own, ...describe(error.children ?? [], at)];
  });
}
