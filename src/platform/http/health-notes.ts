/** What a process that is ready says of trouble it does not own, such as a gateway that does not answer. */
import { Injectable } from '@nestjs/common';

type Note = () => Promise<Record<string, string>>;

@Injectable()
export class HealthNotes {
  private readonly notes: Note[] = [];

  /** At the start, by the room that knows; empty while there is nothing to say. */
  register(note: Note): void {
    this.notes.push(note);
  }

  async read(): Promise<Record<string, string>> {
    const all = await Promise.all(this.notes.map((note) => note()));
    return Object.assign({}, ...all) as Record<string, string>;
  }
}
