/** The test clock's door; it answers 404 unless the service was started with TEST_CLOCK=on. */
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../http/access.js';
import { RequestProblem, validationFailed } from '../http/problem.js';
import { AdvanceTestClock, type ClockMoved } from './advance-test-clock.js';
import { plusIsoDuration } from './calendar.js';
import { Clock, TestClock } from './clock.js';
import { MoveClockBody } from './test-clock.dto.js';

@ApiTags('test clock')
@Public()
@Controller('test/clock')
export class TestClockController {
  constructor(
    private readonly clock: Clock,
    private readonly advanceTestClock: AdvanceTestClock,
  ) {}

  /** Where business time stands. */
  @Get()
  async read(): Promise<{ now: Date }> {
    if (!(this.clock instanceof TestClock)) throw new RequestProblem(404, 'not_found', 'There is no test clock here.');
    return { now: await this.clock.now() };
  }

  /** Moves business time forward and does everything that comes due on the way. */
  @Post()
  @HttpCode(200)
  move(@Body() body: MoveClockBody): Promise<ClockMoved> {
    const { to, advance } = body;
    if ((to === undefined) === (advance === undefined)) {
      throw validationFailed([{ path: 'to', message: 'say either "to" or "advance"' }]);
    }
    return this.advanceTestClock.advance((now) => {
      const target = to === undefined ? plusIsoDuration(now, advance ?? '') : new Date(to);
      if (target === null)
        throw validationFailed([{ path: 'advance', message: 'is no ISO 8601 duration such as P30D' }]);
      return target;
    });
  }
}
