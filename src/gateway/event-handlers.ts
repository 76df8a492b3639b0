/**
 * Who asks the gateway about an event that names no request of ours, such as a dispute: rooms above register here for a
 * type of event, so that payments knows none of them.
 */
import { Injectable } from '@nestjs/common';

export interface EventHandler {
  /** What the type of its events begins with, such as `charge.dispute.`. */
  readonly types: string;
  /** Asks the gateway about the object and applies its answer at most once. False when there was no usable answer. */
  apply(objectId: string): Promise<boolean>;
}

@Injectable()
export class EventHandlers {
  private readonly handlers: EventHandler[] = [];

  register(handler: EventHandler): void {
    this.handlers.push(handler);
  }

  of(type: string): EventHandler | null {
    return this.handlers.find(({ types }) => type.startsWith(types)) ?? null;
  }
}
