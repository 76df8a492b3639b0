/**
 * Reads the environment once, checks all of it, and reports every fault together. The only place that knows
 * environment variables; `.env.example` lists the same ones and a test holds the two equal.
 */
import 'reflect-metadata';
import { plainToInstance, Transform, Type } from 'class-transformer';
import {
  IsEmail,
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  validateSync,
} from 'class-validator';
import { outgoingFaults } from './outgoing-settings.js';

const LOCAL_URL = { require_tld: false, require_protocol: true };
const SAMPLE_SECRETS = ['change-me', 'whsec_sandbox', 'sk_test_sandbox'];

export class Config {
  /** `production` refuses test doors, sample secrets and the embedded parts. */
  @IsIn(['development', 'production', 'test'])
  NODE_ENV: 'development' | 'production' | 'test' = 'development';

  /** Where the API listens; 0 = a free port. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(65_535)
  PORT = 3000;

  /** Where the API, the operations port and the sandbox gateway listen. */
  @IsString()
  HOST = '127.0.0.1';

  /** Where a process answers /health/live, /health/ready and /metrics; 0 = nowhere. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(65_535)
  OPS_PORT = 0;

  /** Folder of everything the embedded parts keep: database, keys, instance file. */
  @IsString()
  DATA_DIR = 'var';

  /** PostgreSQL 15 or newer; empty = the embedded one. */
  @IsOptional()
  @IsUrl({ ...LOCAL_URL, protocols: ['postgres', 'postgresql'] })
  DATABASE_URL?: string;

  /** The role whose rights the service has, such as vip_membership_app; empty = those of who logs in. */
  @IsOptional()
  @Matches(/^[a-z_][a-z0-9_]{0,62}$/, { message: 'DATABASE_ROLE must be the name of a role in small letters' })
  DATABASE_ROLE?: string;

  @Type(() => Number)
  @IsInt()
  @Min(2)
  @Max(200)
  DATABASE_POOL_MAX = 20;

  /** Redis for the queue; empty = the queue lives in PostgreSQL. */
  @IsOptional()
  @IsUrl({ ...LOCAL_URL, protocols: ['redis', 'rediss'] })
  REDIS_URL?: string;

  /** Empty = the sandbox gateway. */
  @IsOptional()
  @IsString()
  STRIPE_API_KEY?: string;

  /** Where the Stripe API is spoken; empty with a key = Stripe itself. */
  @IsOptional()
  @IsUrl({ ...LOCAL_URL, protocols: ['http', 'https'] })
  STRIPE_API_BASE?: string;

  @IsString()
  STRIPE_WEBHOOK_SECRET = 'whsec_sandbox';

  /** How long one gateway call may take before its outcome is unknown. */
  @Type(() => Number)
  @IsInt()
  @Min(100)
  @Max(60_000)
  GATEWAY_TIMEOUT_MS = 8000;

  /** Where subscribers are told of events, signed by Standard Webhooks; empty = nobody is told. */
  @IsOptional()
  @IsUrl({ ...LOCAL_URL, protocols: ['http', 'https'] })
  OUTGOING_WEBHOOK_URL?: string;

  @IsOptional()
  @IsString()
  OUTGOING_WEBHOOK_SECRET?: string;

  /** The relay that takes mail for members, with its credentials; empty = no mail is sent. */
  @IsOptional()
  @IsUrl({ ...LOCAL_URL, protocols: ['smtp', 'smtps'] })
  SMTP_URL?: string;

  @IsOptional()
  @IsEmail({ allow_display_name: true, require_tld: false })
  MAIL_FROM?: string;

  /** How the relay wants a user's id written as an address: `{userId}@members.example.com`. */
  @IsOptional()
  @IsString()
  MAIL_TO?: string;

  /** How long a subscriber or the mail relay may take for one try. */
  @Type(() => Number)
  @IsInt()
  @Min(100)
  @Max(25_000)
  OUTGOING_TIMEOUT_MS = 15_000;

  /** Where the embedded sandbox gateway listens; 0 = a free port. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(65_535)
  SANDBOX_PORT = 0;

  /** Where token keys come from; empty = a local key under DATA_DIR. */
  @IsOptional()
  @IsUrl({ ...LOCAL_URL, protocols: ['http', 'https'] })
  AUTH_JWKS_URL?: string;

  @IsString()
  AUTH_ISSUER = 'vip-membership-billing';

  @IsString()
  AUTH_AUDIENCE = 'vip-membership-billing';

  /** Folder of rule packs, prices and agreements loaded at start. */
  @IsString()
  MARKETS_DIR = 'markets';

  /** How often workers poll PostgreSQL for what is due. */
  @Type(() => Number)
  @IsInt()
  @Min(100)
  @Max(60_000)
  POLL_EVERY_MS = 1000;

  /** `off`: no queue, this process performs what is due itself; under a test clock only. */
  @IsIn(['on', 'off'])
  QUEUE: 'on' | 'off' = 'on';

  /** Jobs one worker process performs at once; each carries up to 50 ids. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  WORKER_CONCURRENCY = 4;

  /** How often the gateway is asked for its balance transactions; 0 = never, finance uploads files. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(744)
  SETTLEMENT_PULL_EVERY_HOURS = 0;

  /** A capture that costs more than this share of it, and 30 minor units, is a break. */
  @Type(() => Number)
  @IsNumber()
  @Min(0)
  @Max(100)
  SETTLEMENT_FEE_PERCENT_MAX = 3;

  /** `on`: business time stands still and moves by POST /test/clock only. */
  @IsIn(['on', 'off'])
  TEST_CLOCK: 'on' | 'off' = 'off';

  /** Where a new test clock begins; empty = the machine's time. */
  @IsOptional()
  @IsISO8601({ strict: true })
  TEST_CLOCK_START?: string;

  @Transform(({ value }: { value: string }) => value.toLowerCase())
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
  LOG_LEVEL = 'warn';
}

/** Throws one error that names every fault, or returns the checked configuration. */
export function loadConfig(environment: Record<string, string | undefined> = process.env): Config {
  const known = Object.keys(new Config()).concat(OPTIONAL_KEYS);
  const given = Object.fromEntries(
    known
      .filter((key) => environment[key] !== undefined && environment[key] !== '')
      .map((key) => [key, environment[key]]),
  );
  const config = plainToInstance(Config, given);
  const faults = validateSync(config).flatMap((error) => Object.values(error.constraints ?? {}));
  faults.push(...outgoingFaults(config));
  if (config.QUEUE === 'off' && config.TEST_CLOCK === 'off') faults.push('QUEUE must be on without a test clock');
  if (config.NODE_ENV === 'production') faults.push(...productionFaults(config));
  if (faults.length > 0) {
    throw new Error(
      `The configuration cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\nSee .env.example.`,
    );
  }
  return config;
}

const OPTIONAL_KEYS = [
  'DATABASE_URL',
  'DATABASE_ROLE',
  'REDIS_URL',
  'STRIPE_API_KEY',
  'STRIPE_API_BASE',
  'OUTGOING_WEBHOOK_URL',
  'OUTGOING_WEBHOOK_SECRET',
  'SMTP_URL',
  'MAIL_FROM',
  'MAIL_TO',
  'AUTH_JWKS_URL',
  'TEST_CLOCK_START',
];

export const CONFIG_KEYS = [...Object.keys(new Config()), ...OPTIONAL_KEYS];

function productionFaults(config: Config): string[] {
  const faults: string[] = [];
  if (config.TEST_CLOCK === 'on') faults.push('TEST_CLOCK must be off in production: it moves business time');
  if (config.DATABASE_URL === undefined) faults.push('DATABASE_URL is needed in production');
  if (config.AUTH_JWKS_URL === undefined) faults.push('AUTH_JWKS_URL is needed in production');
  if (config.STRIPE_API_KEY === undefined) faults.push('STRIPE_API_KEY is needed in production');
  for (const key of ['STRIPE_API_KEY', 'STRIPE_WEBHOOK_SECRET'] as const) {
    if (SAMPLE_SECRETS.includes(config[key] ?? '')) faults.push(`${key} is a sample value: set a real one`);
  }
  return faults;
}
