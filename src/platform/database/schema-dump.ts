/**
 * Writes down what a database holds besides rows, as text that is the same on every PostgreSQL from 15 on: what the
 * migrations made, object by object. `migrations/schema.txt` is held equal to it, so a change of the schema is read in
 * review. It leaves out what extensions and the migration runner own.
 */
import pg from 'pg';

interface Line {
  section: string;
  line: string;
}

/** The text ends with a newline. */
export async function dumpSchema(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const sections = new Map<string, string[]>();
    for (const query of QUERIES) {
      const { rows } = await client.query<Line>(query);
      for (const { section, line } of rows) sections.set(section, [...(sections.get(section) ?? []), line.trimEnd()]);
    }
    const titles = [...sections.keys()].sort();
    return titles.map((title) => `${title}\n${(sections.get(title) ?? []).map(indented).join('\n')}\n`).join('\n');
  } finally {
    await client.end();
  }
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

const OWN = `n.nspname = 'public' and c.relname not like 'migrations%'`;

const COLUMNS = `
select 'table ' || c.relname as section,
  a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end ||
  coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where ${OWN} and c.relkind in ('r', 'p') order by c.relname, a.attnum`;

// 18 lists NOT NULL here too; the columns say it already.
const CONSTRAINTS = `
select 'table ' || c.relname as section, k.conname || ': ' || pg_get_constraintdef(k.oid) as line
from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
where ${OWN} and k.contype in ('p', 'u', 'f', 'c', 'x')
order by c.relname, position(k.contype::text in 'pufcx'), k.conname collate "C"`;

const INDEXES = `
select 'table ' || c.relname as section, pg_get_indexdef(i.indexrelid) as line
from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
where ${OWN} and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = c.oid)
order by c.relname, i.indexrelid::regclass::text collate "C"`;

const TRIGGERS = `
select 'table ' || c.relname as section, pg_get_triggerdef(t.oid) as line
from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
where ${OWN} and not t.tgisinternal order by c.relname, t.tgname collate "C"`;

// 15 names the table of every column where 18 does not; both mean the same.
const VIEWS = `
select 'view ' || c.relname as section, regexp_replace(pg_get_viewdef(c.oid), '\\m[a-z_]\\w*\\.(?=[a-z_])', '', 'g') as line
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where ${OWN} and c.relkind in ('v', 'm') order by c.relname`;

const FUNCTIONS = `
select 'function ' || p.proname || '(' || pg_get_function_arguments(p.oid) || ')' as section,
  'returns ' || pg_get_function_result(p.oid) || ' language ' || l.lanname || p.prosrc as line
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
where n.nspname = 'public' and not exists (select 1 from pg_depend where objid = p.oid and deptype = 'e')
order by p.proname`;

const EXTENSIONS = `
select 'extensions' as section, extname as line from pg_extension where extname <> 'plpgsql' order by extname`;

const QUERIES = [EXTENSIONS, COLUMNS, CONSTRAINTS, INDEXES, TRIGGERS, VIEWS, FUNCTIONS];
