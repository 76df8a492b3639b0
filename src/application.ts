/**
 * Builds the running application for an entry: HTTP edge, workers, or both. What each request passes through before it
 * reaches a controller is said here once.
 */
import { ValidationPipe, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, getSchemaPath, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import express, { type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import { Gateways } from './gateway/payment-gateway.js';
import type { Config } from './platform/config.js';
import { SCOPES } from './platform/http/access.js';
import { fieldErrors } from './platform/http/field-errors.js';
import { JsonLogger, nameRequest } from './platform/http/logging.js';
import { Metrics } from './platform/http/metrics.js';
import { validationFailed } from './platform/http/problem.js';
import { ProblemView } from './platform/http/problem.view.js';
import { LONG_TEXT_PATH, parseStrictJson } from './platform/http/strict-json.js';
import { JobRunner } from './platform/jobs/job-runner.js';

const rawText = express.text({ type: () => true, limit: '256kb' });
const jsonText = express.text({ type: 'application/json', limit: '32kb' });
// The one body that holds a whole document.
const agreementText = express.text({ type: 'application/json', limit: '512kb' });

/** The HTTP edge, not yet listening. */
export async function createApi(config: Config): Promise<NestExpressApplication> {
  const options = { bodyParser: false, bufferLogs: true, abortOnError: false };
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config), options);
  const logger = app.get(JsonLogger);
  app.useLogger(logger);
  app.disable('x-powered-by');
  app.use(nameRequest);
  app.use(logger.requests);
  const metrics = app.get(Metrics);
  app.use((request: Request, response: Response, next: NextFunction) => metrics.count(request, response, next));
  app.use(helmet());
  app.use(readBody);
  app.useGlobalPipes(
    new ValidationPipe({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      exceptionFactory: (errors) => validationFailed(fieldErrors(errors)),
    }),
  );
  document(app);
  return app;
}

/** The rooms without an HTTP edge, for a worker. */
export async function createWorker(config: Config): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(AppModule.with(config), {
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(app.get(JsonLogger));
  await app.get(JobRunner).start();
  return app;
}

/** The gateway signs the raw text, so a webhook's body is never parsed before it is verified. */
function readBody(request: Request, response: Response, next: NextFunction): void {
  if (request.path.startsWith('/v1/webhooks/')) return rawText(request, response, next);
  const read = request.path === LONG_TEXT_PATH ? agreementText : jsonText;
  read(request, response, (error?: unknown) => (error ? next(error) : parseStrictJson(request, response, next)));
}

/** Described when somebody first asks: a start does not wait for it. */
function document(app: NestExpressApplication): void {
  SwaggerModule.setup('docs', app, () => describe(app), { jsonDocumentUrl: 'openapi.json' });
}

function describe(app: NestExpressApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('VIP membership billing')
    .setDescription('Subscribe, convert, renew, cancel with the right refund. Errors are RFC 9457 problems.');
  for (const scope of SCOPES) {
    builder.addBearerAuth({ type: 'http', scheme: 'bearer', description: `a token with the scope ${scope}` }, scope);
  }
  const described = SwaggerModule.createDocument(app, builder.build(), { extraModels: [ProblemView] });
  nameWebhooks(described, app.get(Gateways));
  for (const methods of Object.values(described.paths)) {
    for (const { responses } of Object.values(methods) as { responses: Record<string, object> }[]) {
      responses.default = REFUSED;
    }
  }
  return described;
}

/** Under the name of each gateway that is used here. */
function nameWebhooks({ paths }: OpenAPIObject, gateways: Gateways): void {
  const at = '/v1/webhooks/{gateway}';
  const { post } = paths[at] ?? {};
  if (post === undefined) throw new Error(`no route is called ${at}`);
  Reflect.deleteProperty(paths, at);
  for (const { name } of gateways.all) {
    paths[at.replace('{gateway}', name)] = {
      post: { ...post, operationId: `${post.operationId}_${name}`, parameters: [] },
    };
  }
}

/** What every route may answer beside its own. */
const REFUSED = {
  description: 'refused: a problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemView) } } },
};
