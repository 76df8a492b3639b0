/**
 * What a monitoring system reads of this process and of the work there is, in Prometheus' words. What is due, undecided,
 * untold or waits for a person is counted when it is asked for; nothing here decides anything.
 */
import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Clock } from './clock.js';
import { Database } from './database.js';

interface Counted {
  name: string;
  count: number;
  oldest_seconds?: number;
}

const DUE = `
  select duty as name, count(*)::int as count,
    coalesce(extract(epoch from $1::timestamptz - min(due_at) filter (where due_at > '-infinity')), 0)::float8 as oldest_seconds
  from due_work where due_at <= $1 group by duty`;
const UNDECIDED = `
  select status as name, count(*)::int as count from gateway_requests where decided_at is null group by status`;
const DELIVERIES = `select status as name, count(*)::int as count from deliveries where status <> 'delivered' group by status`;
const CASES = `select kind as name, count(*)::int as count from cases where resolved_at is null group by kind`;

@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly due = this.gauge('vip_due_work', 'rows that are due, by duty', 'duty');
  private readonly lag = this.gauge('vip_due_work_oldest_seconds', 'how long the oldest due row has waited', 'duty');
  private readonly undecided = this.gauge('vip_gateway_requests_undecided', 'asked and not decided', 'status');
  private readonly untold = this.gauge('vip_deliveries', 'events that are not delivered', 'status');
  private readonly open = this.gauge('vip_cases_open', 'cases that wait for a person', 'kind');
  private readonly answers = new Counter({
    name: 'vip_http_answers_total',
    help: 'answers of the API',
    labelNames: ['method', 'status'],
    registers: [this.registry],
  });
  private readonly seconds = new Histogram({
    name: 'vip_http_answer_seconds',
    help: 'from request to answer; what waits for a payment included',
    labelNames: ['method'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {
    collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** The text that is scraped; throws when the database does not answer. */
  async read(): Promise<string> {
    const { reader } = this.database;
    const due = await reader.query<Counted[]>(DUE, [await this.clock.now()]);
    set(this.due, due);
    set(
      this.lag,
      due.map(({ name, oldest_seconds: count = 0 }) => ({ name, count })),
    );
    set(this.undecided, await reader.query<Counted[]>(UNDECIDED));
    set(this.untold, await reader.query<Counted[]>(DELIVERIES));
    set(this.open, await reader.query<Counted[]>(CASES));
    return this.registry.metrics();
  }

  /** Express middleware: counts every answer. */
  count(request: Request, response: Response, next: NextFunction): void {
    const { method } = request;
    const answered = this.seconds.startTimer({ method });
    response.once('finish', () => {
      answered();
      this.answers.inc({ method, status: response.statusCode });
    });
    next();
  }

  private gauge(name: string, help: string, label: string): Gauge {
    return new Gauge({ name, help, labelNames: [label], registers: [this.registry] });
  }
}

function set(gauge: Gauge, counted: Counted[]): void {
  gauge.reset();
  // Every gauge has one label.
  const [label = ''] = (gauge as unknown as { labelNames: string[] }).labelNames;
  for (const { name, count } of counted) gauge.set({ [label]: name }, count);
}
