/**
 * Takes the one file of a multipart request as a stream: nothing of it is kept here, neither in memory nor on disk.
 * Refuses 415 for anything but multipart and 422 without the file; too large, or cut off, the stream itself fails.
 */
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import type { Request } from 'express';
import { RequestProblem, validationFailed } from './problem.js';

/** The one route whose body is a file and not JSON. */
const UPLOAD_PATH = '/v1/settlements';

export function isUpload({ method, path, headers }: Request): boolean {
  const isMultipart = /^multipart\/form-data\s*;/i.test(headers['content-type'] ?? '');
  return method === 'POST' && path === UPLOAD_PATH && isMultipart;
}

/** The file of the field. */
export async function readUpload(request: Request, field: string, bytesMax: number): Promise<Readable> {
  if (!isUpload(request)) {
    throw new RequestProblem(415, 'unsupported_media_type', 'Send the file as multipart/form-data.');
  }
  const form = openForm(request, bytesMax);
  const file = new PassThrough();
  // The stream may fail before anything listens; its reader then still gets the error.
  file.on('error', () => undefined);
  // Given up halfway, the rest is read and thrown away, so that the sender hears the answer.
  file.once('close', () => file.readableEnded || request.unpipe(form).resume());
  return new Promise((resolve, reject) => {
    let found = false;
    const fail = (problem: RequestProblem): void => {
      if (found) file.destroy(problem);
      else reject(problem);
    };
    form.on('file', (name, stream) => {
      if (name !== field || found) return void stream.resume();
      found = true;
      stream.once('limit', () => fail(tooLarge(bytesMax)));
      stream.once('error', () => fail(cutOff()));
      stream.pipe(file);
      resolve(file);
    });
    pipeline(request, form).then(
      () => found || reject(noFile(field)),
      () => fail(cutOff()),
    );
  });
}

function openForm({ headers }: Request, bytesMax: number): busboy.Busboy {
  try {
    return busboy({ headers, limits: { fileSize: bytesMax, fields: 10, fieldSize: 1000 } });
  } catch (error) {
    throw new RequestProblem(400, 'invalid_request', `The upload cannot be read: ${(error as Error).message}.`);
  }
}

function cutOff(): RequestProblem {
  return new RequestProblem(400, 'invalid_request', 'The upload is no complete multipart/form-data.');
}

function tooLarge(bytesMax: number): RequestProblem {
  return new RequestProblem(413, 'body_too_large', `The file is larger than ${bytesMax} bytes.`);
}

function noFile(field: string): RequestProblem {
  return validationFailed([{ path: field, message: 'must be a file' }]);
}
