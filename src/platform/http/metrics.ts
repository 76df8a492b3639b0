/**
 * What a monitoring system reads of this process and of the work there is, in Prometheus' words. Rooms
 * register what they measure of their own tables; nothing here decides anything.
 */
import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What a room measures: counted when it is asked for, a value per label. */
export interface Measure {
  /** In Prometheus' words: `vip_cases_open`. */
  name: string;
  help: string;
  /** What tells its values apart: `kind`, `status`. */
  label: string;
  count(): Promise<{ name: string; count: number }[]>;
}

interface Named<Label extends string> {
  name: string;
  help: string;
  labelNames: Label[];
}

@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly measures: (Measure & { gauge: Gauge })[] = [];
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

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** At the start, by the room whose rows are counted. */
  register(measure: Measure): void {
    const { name, help, label } = measure;
    const gauge = new Gauge({ name, help, labelNames: [label], registers: [this.registry] });
    this.measures.push({ ...measure, gauge });
  }

  /** What a room counts as it happens. */
  counter<Label extends string>(named: Named<Label>): Counter<Label> {
    return new Counter({ ...named, registers: [this.registry] });
  }

  histogram<Label extends string>(named: Named<Label> & { buckets: number[] }): Histogram<Label> {
    return new Histogram({ ...named, registers: [this.registry] });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** The text that is scraped; throws when the database does not answer. */
  async read(): Promise<string> {
    for (const { gauge, label, ...measure } of this.measures) {
      const counted = await measure.count();
      gauge.reset();
      for (const { name, count: value } of counted) gauge.set({ [label]: name }, value);
    }
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
}
