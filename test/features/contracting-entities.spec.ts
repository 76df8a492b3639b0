/** The companies that VIP 1.1 names by country: loaded at start, used for sign-ups, and never changed by the file. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApi } from '../../src/application.js';
import { startService, type Service } from '../support/service.js';

const SPAIN = { country: 'ES', name: 'VIP Iberia', source: 'a test' };

let folder: string;
let service: Service;

const write = (content: unknown): Promise<void> =>
  writeFile(path.join(folder, 'contracting-entities.json'), JSON.stringify(content));

async function restart(): Promise<void> {
  const app = await createApi(
    Object.assign(Object.create(service.config) as typeof service.config, { LOG_LEVEL: 'silent' }),
  );
  await app.init();
  await app.close();
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vip-markets-'));
  await cp('markets', folder, { recursive: true });
  await write({ entities: [SPAIN] });
  service = await startService({ config: { MARKETS_DIR: folder } });
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

it('come before FMA 1.1, and can be handed over like any other', async () => {
  const { api } = service;
  expect((await api.subscribe('es')).body.contractingEntities).toEqual([{ name: 'VIP Iberia', rule: 'VIP 1.1' }]);
  const french = (await api.subscribe('fr', { residenceCountry: 'FR' })).body;
  expect(french.contractingEntities[0]?.rule).toBe('FMA 1.1(d)');
  const order = { from: 'VIP Iberia', to: 'VIP Europe', effectiveAt: '2026-03-01T10:00:00.000Z' };
  const ordered = await api.call('POST', '/v1/entity-transfers', order, { scope: 'operations' });
  expect(ordered.status).toBe(201);
  await api.clockTo('2026-03-01T10:00:00.001Z');
  expect((await api.subscribe('es-2')).body.contractingEntities).toEqual([
    { name: 'VIP Europe', rule: 'VIP 1.1, 8.3' },
  ]);
});

it('can be added to, and start again as they are', async () => {
  await write({ entities: [SPAIN, { country: 'FR', name: 'VIP France', source: 'a test' }] });
  await restart();
  const { body } = await service.api.subscribe('fr-2', { residenceCountry: 'FR' });
  expect(body.contractingEntities).toEqual([{ name: 'VIP France', rule: 'VIP 1.1' }]);
});

it.each([
  ['another company for a country', { entities: [{ ...SPAIN, name: 'Other' }] }, /never changes by a file/],
  ['a country twice', { entities: [SPAIN, SPAIN] }, /same country/],
  ['a country that is none', { entities: [{ ...SPAIN, country: 'XX' }] }, /country/],
  ['no source', { entities: [{ country: 'IT', name: 'A' }] }, /source/],
  ['no list', { entities: SPAIN }, /entities/],
  ['something else', { entities: [], more: 1 }, /more/],
])('stop the start with %s', async (_, content, fault) => {
  await write(content);
  await expect(restart()).rejects.toThrow(fault);
});
