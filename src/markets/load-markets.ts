/**
 * Loads the shipped market files into the versioned tables at start. What was loaded once is never changed by a file:
 * a version that differs from the stored one stops the start, and so does a file that breaks the form.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import currencies from 'currency-codes';
import { contradictionsOf, parseRulePack } from '../domain/rule-pack.js';
import { Config } from '../platform/config.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { readShippedFile } from '../platform/shipped-file.js';
import { AddOnOfferStore } from './add-on-offer.store.js';
import { MarketFile } from './market-file.dto.js';
import { MarketEntity, PriceEntity, RulePackEntity } from './market.entity.js';
import { PaymentChannel } from './payment-channel.js';
import { TaxRateStore } from './tax-rate.store.js';

const SHIPPED = 'shipped';
const COUNTRY_FILE = /^[A-Z]{2}\.json$/;

@Injectable()
export class LoadMarkets implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly addOns: AddOnOfferStore,
    private readonly taxRates: TaxRateStore,
    private readonly channel: PaymentChannel,
  ) {}

  async onModuleInit(): Promise<void> {
    const folder = path.resolve(this.config.MARKETS_DIR);
    const found = await readdir(folder).catch((error: Error) => {
      throw new Error(`MARKETS_DIR cannot be read: ${error.message}`);
    });
    const names = found.filter((name) => COUNTRY_FILE.test(name)).sort();
    if (names.length === 0) throw new Error(`${folder} has no market files such as ES.json`);
    const files = await Promise.all(names.map(async (name) => readMarketFile(path.join(folder, name))));
    await this.database.transaction(async (tx) => {
      // Several processes may start at once.
      await tx.query('lock table markets in share row exclusive mode');
      for (const file of files) await this.load(tx, file);
    });
  }

  private async load(tx: Tx, file: MarketFile): Promise<void> {
    const { country, currency, status } = file;
    const stored = await tx.findOne(MarketEntity, { country });
    if (stored === null) await tx.insert(MarketEntity, { country, currency, status, publishedBy: SHIPPED });
    else if (stored.currency !== currency) throw changed(`The currency of ${country}`);
    for (const { amount: amountMinor } of [...file.prices, ...file.addOns.map(({ price }) => ({ amount: price }))]) {
      const unfit = this.channel.refuses({ amountMinor, currency });
      if (unfit !== null) throw new Error(`${country}.json: ${unfit}.`);
    }
    for (const part of file.rulePacks) await this.loadRulePack(tx, country, part);
    for (const part of file.prices) await this.loadPrice(tx, file, part);
    for (const part of file.addOns) await this.loadAddOn(tx, file, part);
    for (const part of file.taxRates) await this.loadTaxRate(tx, country, part);
  }

  private async loadTaxRate(
    tx: Tx,
    country: string,
    { basisPoints, source, effectiveFrom: from }: MarketFile['taxRates'][number],
  ): Promise<void> {
    const effectiveFrom = new Date(from);
    const rate = { country, effectiveFrom, basisPoints, source, publishedAt: effectiveFrom, publishedBy: SHIPPED };
    if (!(await this.taxRates.publish(tx, rate))) throw changed(`The tax rate of ${country} from ${from}`);
  }

  private async loadAddOn(
    tx: Tx,
    { country, currency }: MarketFile,
    { code, description, price: priceMinor, source, effectiveFrom: from }: MarketFile['addOns'][number],
  ): Promise<void> {
    const effectiveFrom = new Date(from);
    const offer = { country, code, description, priceMinor, currency, effectiveFrom, source };
    if (!(await this.addOns.load(tx, offer))) throw changed(`The price of ${code} in ${country} from ${from}`);
  }

  private async loadPrice(
    tx: Tx,
    { country, currency }: MarketFile,
    { amount: amountMinor, source, effectiveFrom: from }: MarketFile['prices'][number],
  ): Promise<void> {
    const effectiveFrom = new Date(from);
    const stored = await tx.findOne(PriceEntity, { country, effectiveFrom });
    if (stored === null) {
      const price = {
        country,
        amountMinor,
        currency,
        publishedAt: effectiveFrom,
        effectiveFrom,
        source,
        publishedBy: SHIPPED,
      };
      await tx.insert(PriceEntity, { id: newId(), ...price });
    } else if (stored.amountMinor !== amountMinor) {
      throw changed(`The price of ${country} from ${from}`);
    }
  }

  private async loadRulePack(tx: Tx, country: string, part: MarketFile['rulePacks'][number]): Promise<void> {
    const effectiveFrom = new Date(part.effectiveFrom);
    const { numbers, benefits } = JSON.parse(JSON.stringify(part)) as Pick<RulePackEntity, 'numbers' | 'benefits'>;
    const published = { publishedAt: effectiveFrom, publishedBy: SHIPPED };
    const pack = { country, version: part.version, effectiveFrom, numbers, benefits, ...published };
    const [contradiction] = contradictionsOf(parseRulePack(pack));
    if (contradiction !== undefined)
      throw new Error(`${country}.json, version ${part.version}: ${contradiction.message}`);
    const stored = await tx.findOne(RulePackEntity, { country, version: part.version });
    if (stored === null) await tx.insert(RulePackEntity, pack);
    else if (!isDeepStrictEqual({ ...stored }, pack)) throw changed(`Rule pack ${country} version ${part.version}`);
  }
}

function changed(what: string): Error {
  return new Error(`${what} differs from the one in force here. What is published never changes: add a new version.`);
}

function readMarketFile(file: string): Promise<MarketFile> {
  return readShippedFile(file, MarketFile, ({ country, currency, rulePacks, prices, addOns, taxRates }) => [
    ...(currencies.code(currency) === undefined ? [`currency: ${currency} is no ISO 4217 code`] : []),
    ...(path.basename(file) === `${country}.json` ? [] : ['country: must be the name of the file']),
    ...overlaps('rulePacks', rulePacks),
    ...overlaps('prices', prices),
    ...overlaps('taxRates', taxRates),
    ...addOns.flatMap(({ code }) =>
      overlaps(
        'addOns',
        addOns.filter((one) => one.code === code),
      ),
    ),
    ...clashes(rulePacks, addOns),
    ...(new Set(rulePacks.map((pack) => pack.version)).size === rulePacks.length
      ? []
      : ['rulePacks: two of them have the same version']),
  ]);
}

/** A use names a benefit or an add-on by its code alone. */
function clashes(rulePacks: MarketFile['rulePacks'], addOns: { code: string }[]): string[] {
  const benefits = new Set(rulePacks.flatMap((pack) => pack.benefits.map(({ code }) => code)));
  const both = addOns.filter(({ code }) => benefits.has(code));
  return both.map(({ code }) => `addOns: ${code} is the code of a benefit`);
}

/** Two of one instant would leave open which is in force. */
function overlaps(name: string, dated: { effectiveFrom: string }[]): string[] {
  const starts = dated.map((one) => new Date(one.effectiveFrom).getTime());
  return new Set(starts).size === starts.length ? [] : [`${name}: two of them take effect at the same instant`];
}
