/**
 * How a settlement is compared with our records, in sets: SQL in which what agrees on both sides costs one hash join and
 * leaves no trace. Every other line is a suspect, is looked at alone, and gets at most one break. `$1` is the settlement.
 */

/** What one attempt of a refund asked: others may have returned a part of it. */
const ASKED = `coalesce((q.asks->>'amountMinor')::bigint, r.amount_minor)`;

/**
 * Captures and refunds that differ from ours; of a time that earlier settlements cover, by the line or by our record;
 * missed before; and what is neither, which is rare. Only a table that is created as a query is read by several
 * processes at once, and such a statement takes no parameters: `id` must be a UUID.
 */
const FIND_SUSPECTS = (id: string): string => `
  create temp table suspects on commit drop as
  select l.number, false as repeated from settlement_lines l left join charges c on c.gateway_payment_id = l.source_id
  where l.settlement_id = '${id}' and l.kind = 'capture'
    and (c.status is distinct from 'succeeded' or c.amount_minor <> l.gross_minor or c.currency <> l.currency
      or not l.fee_expected or c.settled_at < (select covers_from from settlements where id = '${id}'))
  union all
  select l.number, false from settlement_lines l
    left join gateway_requests q on q.gateway_id = l.source_id and q.kind = 'refund'
    left join refunds r on r.id = q.subject_id
  where l.settlement_id = '${id}' and l.kind = 'refund'
    and (q.status is distinct from 'succeeded' or ${ASKED} <> -l.gross_minor or r.currency <> l.currency
      or not l.fee_expected or q.decided_at < (select covers_from from settlements where id = '${id}'))
  union all
  select number, false from settlement_lines
  where settlement_id = '${id}' and (kind not in ('capture', 'refund', 'payout')
    or occurred_at < (select covers_from from settlements where id = '${id}')
    or source_id in (select gateway_reference from breaks where kind = 'missing_at_gateway'))`;

/** A file may name a payment by our reference and an id of its own: from here on it goes under the id known here. */
const ADOPT_BY_REFERENCE = `
  update settlement_lines l set source_id = q.gateway_id
  from suspects s, gateway_requests q
  where l.settlement_id = $1 and l.number = s.number and q.reference = l.reference and q.status = 'succeeded'
    and (l.kind, q.kind) in (('capture', 'charge'), ('capture', 'add_on'), ('refund', 'refund'))
    and not exists (select from gateway_requests known where known.gateway_id = l.source_id)
    and not exists (select from settlement_lines other where other.kind = l.kind and other.source_id = q.gateway_id)`;

/** What has an id of its own moves once; anything else is the same again when it is the same transaction. */
const SAME = `case when l.kind in ('capture', 'refund', 'refund_failure', 'chargeback', 'chargeback_reversal')
  then l.source_id else l.transaction_id end`;

/**
 * In the same file the first of them stands; all that stand in an earlier settlement of the same time; and of what differs
 * from ours or is out of its time, all that stand in any earlier settlement of the gateway.
 */
const FIND_REPEATED = `
  insert into suspects
  with lines as materialized (
    select number, kind, ${SAME} as same from settlement_lines l where settlement_id = $1),
  earlier as (
    select e.id, e.first_at <= own.last_at and e.last_at >= own.first_at as of_the_time
    from settlements e join settlements own on own.id = $1 and own.gateway = e.gateway
    where e.id < own.id and e.status <> 'rejected')
  select number, true from (
    select number, row_number() over (partition by kind, same order by number) as nth from lines
    where (kind, same) in (select kind, same from lines group by 1, 2 having count(*) > 1)) in_file
  where nth > 1
  union all
  select number, true from lines
  where (kind, same) in (
    select kind, ${SAME} from settlement_lines l where settlement_id in (select id from earlier where of_the_time))
  union all
  select l.number, true from lines l join suspects s on s.number = l.number
  where (l.kind, l.same) in (
    select kind, ${SAME} from settlement_lines l where settlement_id in (select id from earlier where not of_the_time))`;

export const SUSPECT = {
  find: FIND_SUSPECTS,
  // A table nobody has looked at is planned for as if it were small.
  refine: ['analyze suspects', ADOPT_BY_REFERENCE, FIND_REPEATED, 'analyze suspects'],
};

/** The request a line answers to: by the gateway's id, else by our reference. */
const REQUEST = (condition: string): string => `
  left join lateral (
    select q.id from gateway_requests q
    where ${condition} and q.kind = any (case l.kind when 'capture' then array['charge', 'add_on']
      when 'refund' then array['refund'] when 'refund_failure' then array['refund'] end) limit 1)`;

/** Their amount as ours are counted, above zero; below where the line moves the other way than its kind does. */
const THEIRS = (kind: string, grossMinor: string): string => `
  case when ${kind} in ('refund', 'chargeback') then -${grossMinor}
    when ${kind} in ('capture', 'refund_failure', 'chargeback_reversal') then ${grossMinor} else abs(${grossMinor}) end`;

/** In the order of `BREAK_KINDS`. */
const KIND = `
  case
    when s.repeated then 'duplicate'
    when l.kind = 'fee' then 'fee_unexpected'
    when coalesce(q.id, d.id) is null then 'missing_here'
    when case l.kind when 'capture' then c.status <> 'succeeded'
      when 'refund' then q.status <> 'succeeded'
      when 'chargeback' then false
      when 'chargeback_reversal' then d.status <> 'won'
      else r.status = 'succeeded' and r.gateway_refund_id = l.source_id end then 'wrong_state'
    when l.source_id <> case l.kind when 'capture' then c.gateway_payment_id else coalesce(q.gateway_id, l.source_id) end
      then 'duplicate'
    when l.currency <> coalesce(c.currency, r.currency, d.currency) then 'currency_differs'
    when ${THEIRS('l.kind', 'l.gross_minor')} <> coalesce(c.amount_minor, ${ASKED}, d.amount_minor) then 'amount_differs'
    when not l.fee_expected then 'fee_unexpected'
    when missed.id is not null or l.occurred_at < own.covers_from then 'late'
  end`;

/**
 * `$2` = a new id, `$3` = now. Ids sort by line: the front of one UUIDv7, and the number. A late line needs nobody, unless
 * the break of its absence was settled otherwise meanwhile.
 */
const OPEN_BREAKS_OF_LINES = `
  insert into breaks (id, settlement_id, line, kind, movement, gateway_reference, transaction_id, reference, charge_id,
    refund_id, ours_minor, ours_currency, theirs_minor, theirs_currency, status, opened_at, closed_at)
  select (left($2, 24) || lpad(to_hex(number), 12, '0'))::uuid, $1, number, break, movement, source_id, transaction_id,
    reference, charge_id, refund_id, case when not is_fee then ours_minor end, case when not is_fee then ours_currency end,
    case when is_fee and movement <> 'fee' then fee_minor else ${THEIRS('movement', 'gross_minor')} end, currency,
    case when settled then 'explained' else 'open' end, $3, case when settled then $3::timestamptz end
  from (
    select judged.*, break = 'fee_unexpected' as is_fee, break = 'late' and missed is distinct from 'resolved' as settled
    from (
      select l.number, l.kind as movement, l.source_id, l.transaction_id, l.reference, l.gross_minor, l.fee_minor,
        l.currency, ${KIND} as break, coalesce(c.id, r.charge_id, d.charge_id) as charge_id,
        r.id as refund_id, coalesce(c.amount_minor, ${ASKED}, d.amount_minor) as ours_minor,
        coalesce(c.currency, r.currency, d.currency) as ours_currency,
        missed.status as missed
      from (select number, bool_or(repeated) as repeated from suspects group by number) s
        join settlement_lines l on l.settlement_id = $1 and l.number = s.number
        join settlements own on own.id = $1
        ${REQUEST('q.gateway_id = l.source_id')} by_id on true
        ${REQUEST('q.reference = l.reference')} by_reference on true
        left join gateway_requests q on q.id = coalesce(by_id.id, by_reference.id)
        left join charges c on l.kind = 'capture' and c.id = q.subject_id
        left join refunds r on l.kind in ('refund', 'refund_failure') and r.id = q.subject_id
        left join chargebacks d on l.kind in ('chargeback', 'chargeback_reversal') and d.gateway_dispute_id = l.source_id
        left join breaks missed on missed.kind = 'missing_at_gateway' and missed.movement = l.kind
          and missed.gateway_reference = l.source_id) judged
    where break is not null) opened`;

/** `$2` = a new id, `$3` = now. What was missed is here: its break is explained by the line, and a proposal is pointless. */
const CLOSE_MISSED = `
  with found as (
    select b.id, min(l.number) as number from breaks b
      join settlement_lines l on l.settlement_id = $1 and l.kind = b.movement and l.source_id = b.gateway_reference
    where b.kind = 'missing_at_gateway' and b.status in ('open', 'proposed') group by b.id),
  withdrawn as (
    update break_resolutions set withdrawn_at = $3
    where break_id in (select id from found) and resolution <> 'explained' and approved_at is null
      and withdrawn_at is null),
  closed as (
    update breaks set status = 'explained', closed_at = $3 where id in (select id from found))
  insert into break_resolutions (id, break_id, resolution, reason, proposed_by, proposed_at)
  select (left($2, 24) || lpad(to_hex(number), 12, '0'))::uuid, id, 'explained',
    'it came late: line ' || number || ' of settlement ' || $1, 'reconciliation', $3
  from found`;

/** `$2` = a new id, `$3` = now. A refund that others had made was found and kept since: its line is no break any more. */
export const CLOSE_ADOPTED = `
  with found as (
    select b.id, b.line, q.reference from breaks b
      join gateway_requests q on q.gateway_id = b.gateway_reference and q.kind = 'refund' and q.status = 'succeeded'
    where b.settlement_id = $1 and b.kind = 'missing_here' and b.movement = 'refund' and b.status = 'open'),
  closed as (
    update breaks set status = 'explained', closed_at = $3 where id in (select id from found))
  insert into break_resolutions (id, break_id, resolution, reason, proposed_by, proposed_at)
  select (left($2, 24) || lpad(to_hex(line), 12, '0'))::uuid, id, 'explained',
    'a refund that others had made, kept here as ' || reference, 'reconciliation', $3
  from found`;

export const OPEN_BREAKS = [OPEN_BREAKS_OF_LINES, CLOSE_MISSED];

/** Captures and refunds, by when they succeeded. */
const UNSEEN = (id: string, kind: string, table: string, ids: string, source: string): string => `
  select '${kind}' as kind, m.${source} as source_id, ${ids}, m.amount_minor as ours_minor, m.currency
  from ${table} m
  where m.status = 'succeeded' and m.settled_at < (select covers_to from settlements where id = '${id}')
    and m.settled_at >= (select coalesce(covers_from, '-infinity') from settlements where id = '${id}')
    and m.${source} is not null
    and not exists (select from settlement_lines l
      where l.settlement_id = '${id}' and l.kind = '${kind}' and l.source_id = m.${source})`;

/** Disputes, by when they were learned of and won. */
const UNSEEN_DISPUTE = (id: string, kind: string, at: string, statuses: string): string => `
  select '${kind}', d.gateway_dispute_id, d.charge_id, null, null, d.amount_minor, d.currency
  from chargebacks d
  where d.status in (${statuses}) and d.${at} < (select covers_to from settlements where id = '${id}')
    and d.${at} >= (select coalesce(covers_from, '-infinity') from settlements where id = '${id}')
    and not exists (select from settlement_lines l
      where l.settlement_id = '${id}' and l.kind = '${kind}' and l.source_id = d.gateway_dispute_id)`;

/** What our records hold of the stretch the settlement covers, and the settlement does not; `id` as above. */
const FIND_UNSEEN = (id: string): string => `
  create temp table unseen on commit drop as
  ${UNSEEN(id, 'capture', 'charges', 'm.id as charge_id, null::uuid as refund_id, m.reference', 'gateway_payment_id')}
  union all
  ${UNSEEN(id, 'refund', 'refunds', 'm.charge_id, m.id, null', 'gateway_refund_id')}
  union all
  ${UNSEEN_DISPUTE(id, 'chargeback', 'opened_at', `'open', 'won', 'lost'`)}
  union all
  ${UNSEEN_DISPUTE(id, 'chargeback_reversal', 'closed_at', `'won'`)}`;

/**
 * Seen elsewhere: in a settlement compared since the movement was recorded, or now being compared. An earlier one met
 * it in another state, which is a break of its own.
 */
const FORGET_SEEN = `
  delete from unseen u using settlements own, settlements e, settlement_lines l
  where own.id = $1 and e.id <> own.id and e.status <> 'rejected'
    and (e.done_at is null or own.covers_from is null or e.done_at >= own.covers_from)
    and l.settlement_id = e.id and l.kind = u.kind and l.source_id = u.source_id`;

/** `$2` = a new id, `$3` = now. */
const OPEN_MISSING = `
  insert into breaks (id, settlement_id, kind, movement, gateway_reference, reference, charge_id, refund_id, ours_minor,
    ours_currency, status, opened_at)
  select (left($2, 24) || lpad(to_hex(row_number() over (order by source_id)), 12, '0'))::uuid, $1, 'missing_at_gateway',
    kind, source_id, reference, charge_id, refund_id, ours_minor, currency, 'open', $3
  from unseen u
  where not exists (select from breaks b where b.movement = u.kind and b.charge_id = u.charge_id
    and b.refund_id is not distinct from u.refund_id and b.kind in ('missing_at_gateway', 'wrong_state'))`;

export const MISS = { find: FIND_UNSEEN, analyze: 'analyze unseen', forget: FORGET_SEEN, open: OPEN_MISSING };

/** `$2` = now. A late line agrees with ours. From here on it is free to be claimed for its booking. */
export const FINISH = `
  update settlements set status = 'done', done_at = $2, claimed_until = null, breaks = found.all_kinds, matched = lines - found.differing
  from (select count(*) as all_kinds, count(*) filter (where line is not null and kind <> 'late') as differing
    from breaks where settlement_id = $1) found
  where id = $1`;
