-- Restoring a ledger from its lines: the way in for lines that append() composed in another database.
--
-- Lines are checked and kept aside, batch by batch, and become entries all at once when their number and their root have
-- been compared. So nobody reads, folds or publishes half a ledger, an append meanwhile meets the ledger as it was, and
-- lines that turn out to be others can be put away again, which no entry can.

do $$
begin
  if not exists (select from pg_roles where rolname = 'sporbar_importer') then
    begin
      create role sporbar_importer nologin;
    exception when duplicate_object or unique_violation then null;
    end;
  end if;
  if not pg_has_role(current_user, 'sporbar_importer', 'set') then
    grant sporbar_importer to current_user with inherit false, set true;
  end if;
end $$;

-- What is kept aside is not logged: the file is still there, and one that is copied twice should not be written down
-- thrice. After a crash of the server all three are empty, and the restore begins with its first line.
create unlogged table ledger.restoring (
  ledger text collate "C" primary key,
  size bigint not null default 0,
  frontier bytea[] not null default '{}',
  last_time timestamptz not null default '-infinity',
  command_id uuid,
  command text collate "C",
  command_size integer not null default 0
) with (fillfactor = 50);
comment on table ledger.restoring is 'how far each unfinished restore has come: as ledger.ledger, and the command that the last line belongs to';
comment on column ledger.restoring.command is 'what all lines of the command say alike: actor and ids';

create unlogged table ledger.restoring_entry (
  ledger text collate "C" not null,
  position bigint not null,
  subject text collate "C" not null,
  version integer not null,
  type text collate "C" not null,
  time timestamptz not null,
  command_id uuid not null,
  line text collate "C" not null,
  leaf bytea not null,
  primary key (ledger, position),
  unique (ledger, subject, version)
);

create unlogged table ledger.restoring_receipt (
  ledger text collate "C" not null,
  command_id uuid not null,
  position bigint not null,
  count integer not null,
  root bytea not null,
  primary key (ledger, command_id)
);

create table ledger.restoration (
  ledger text collate "C" primary key,
  size bigint not null,
  root bytea not null,
  compared boolean not null,
  restored_at timestamptz not null default now(),
  restored_by text not null default session_user
);
comment on table ledger.restoration is 'ledgers whose first `size` lines were recorded in another database';
comment on column ledger.restoration.compared is 'whether the root was compared with one that came beside the lines';

create trigger recorded before update or delete or truncate on ledger.restoration execute function ledger.refuse_change();
alter table ledger.restoration enable always trigger recorded;

grant usage on schema ledger to sporbar_importer;
grant select on ledger.ledger, ledger.entry, ledger.receipt, ledger.restoring, ledger.restoring_entry to sporbar_importer;
grant select on ledger.restoration to sporbar_app, sporbar_worker, sporbar_generator, sporbar_importer;

create type ledger.said as (
  id text, source text, type text, subject text, "time" text, streamversion text, actor text, commandid text, correlationid text,
  causationid text, datacontenttype text, data json, data_base64 text, sporbarredacted text
);
comment on type ledger.said is 'the members of a line';

create function ledger._refuse_line(nth bigint, what text) returns text language plpgsql as $$
begin
  raise exception '%', what using errcode = 'SB010', detail = nth;
end $$;

create function ledger._require_empty(p_ledger text) returns void language plpgsql as $$
begin
  if exists (select from ledger.ledger as l where l.ledger = p_ledger and l.size > 0)
    or exists (select from ledger.receipt as r where r.ledger = p_ledger) then
    raise exception 'ledger % has been written to: only an empty one can be restored', p_ledger using errcode = 'SB011';
  end if;
end $$;

create function ledger._is_base64(given text) returns boolean language plpgsql as $$
begin
  return decode(given, 'base64') is not null;
exception when data_exception then
  return false;
end $$;

-- RFC 6962 § 2.1: the root that full subtrees come to, largest first.
create function ledger._root(frontier bytea[]) returns bytea language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  node bytea := coalesce(frontier[cardinality(frontier)], sha256(''::bytea));
begin
  for i in reverse cardinality(frontier) - 1 .. 1 loop
    node := sha256('\x01'::bytea || frontier[i] || node);
  end loop;
  return node;
end $$;

-- Each line with what it says and, as `misfit`, the first reason why it is not what append() composes from these parts
-- behind the `p_size` lines that are kept; null when it is, byte for byte. Inlined where it is used.
create function ledger._judged(p_ledger text, p_size bigint, p_lines text[]) returns table (
  nth bigint, subject text, version integer, type text, "time" timestamptz, command_id uuid, line text, misfit text
) language sql stable as $$
  select nth, (said).subject, version, (said).type, time, command_id, given,
    case
      when given is null or said is null then 'it is no CloudEvents line in JSON'
      when (said).sporbarredacted is not null then 'it is pseudonymised, and so not what was recorded'
      when (said).source is distinct from '/practices/' || p_ledger
        then format('its source is %s, not /practices/%s', coalesce(left((said).source, 80), 'missing'), p_ledger)
      when (said).id is distinct from (p_size + nth)::text
        then format('its id is %s, and %s should follow', coalesce(left((said).id, 20), 'missing'), p_size + nth)
      when (octet_length((said).subject) between 1 and 255 and octet_length((said).type) between 1 and 255) is not true
        then 'its subject or its type does not have 1 to 255 bytes'
      when version is null then 'its streamversion is no number of a version'
      when version <> coalesce(before + 1, least(greatest(version, 0), 1))
        then format('version %s does not follow in stream %s, whose last one is %s', version, (said).subject, coalesce(before::text, 'none'))
      when time is null then 'its time is not a time'
      when time > statement_timestamp() then format('its time, %s, lies ahead of the database''s clock', left((said).time, 40))
      when command is null then 'its actor is missing, or its commandid or correlationid is no UUID'
      when body is null then 'its data are neither a JSON object on one line nor base64 text'
      when given is distinct from
        '{"specversion":"1.0","id":"' || p_size + nth || '","source":' || to_json('/practices/' || p_ledger)
        || ',"type":' || to_json((said).type) || ',"subject":' || to_json((said).subject)
        || ',"time":"' || to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        || '","streamversion":' || version || command || ',"datacontenttype":"' || body || '}'
        then 'it is not written byte for byte as the ledger writes a line'
    end
  from (
    select nth, given, said, version, time, command_id,
      coalesce(
        lag(version) over (partition by (said).subject order by nth),
        (select max(e.version) from ledger.restoring_entry as e where e.ledger = p_ledger and e.subject = (said).subject)
      ) as before,
      ',"actor":' || to_json((said).actor) || ',"commandid":"' || command_id || '","correlationid":"' || correlation_id || '"'
        || coalesce(',"causationid":' || to_json((said).causationid), '') as command,
      case (said).datacontenttype
        when 'application/json' then
          case when json_typeof((said).data) = 'object' and strpos((said).data::text, E'\n') = 0 then 'application/json","data":' || (said).data end
        when 'application/octet-stream' then
          case when json_typeof(parsed -> 'data_base64') = 'string' and ledger._is_base64((said).data_base64) then 'application/octet-stream","data_base64":' || (parsed -> 'data_base64') end
      end as body
    from (
      select nth, given, parsed, said,
        case when pg_input_is_valid((said).streamversion, 'integer') then (said).streamversion::integer end as version,
        case when pg_input_is_valid((said).time, 'timestamptz') then (said).time::timestamptz end as time,
        case when pg_input_is_valid((said).commandid, 'uuid') then (said).commandid::uuid end as command_id,
        case when pg_input_is_valid((said).correlationid, 'uuid') then (said).correlationid::uuid end as correlation_id
      from (
        select nth, given, parsed, case when json_typeof(parsed) = 'object' then json_populate_record(null::ledger.said, parsed) end as said
        from (
          -- As jsonb, the escapes of NUL and of lone surrogates are refused, as append() refuses them.
          select nth, given,
            case when pg_input_is_valid(given, case when strpos(given, '\u') = 0 then 'json' else 'jsonb' end) then given::json end as parsed
          from unnest(p_lines) with ordinality as line (given, nth)
          offset 0 -- each step is taken once, though its result is used often
        ) as parsed
        offset 0
      ) as read
      offset 0
    ) as converted
    offset 0
  ) as composed
  order by nth
$$;

-- Checks lines and keeps them aside behind those that are kept: all of them or, at the first that does not fit (SB010,
-- its number among `p_lines` in the detail), none. Answers how many are kept now, and their root.
create function ledger.restore(p_ledger text, p_lines text[], out "position" bigint, out root bytea)
language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
<<head>>
declare
  before bigint;
  size bigint;
  frontier bytea[];
  peaks integer;
  last_time timestamptz;
  command_id uuid;
  command text;
  command_size integer;
  line record;
  node bytea;
  carry bigint;
  ended integer := 0;
  ids uuid[] := '{}';
  positions bigint[] := '{}';
  counts integer[] := '{}';
  roots bytea[] := '{}';
  again bigint;
begin
  if p_ledger !~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(/access)?$' then
    raise exception 'a ledger is named by a practice id: lower-case letters, digits and hyphens, 63 at most' using errcode = 'SB006';
  end if;
  perform ledger._require_empty(p_ledger);
  insert into ledger.restoring (ledger) values (p_ledger) on conflict do nothing;
  select r.size, r.size, r.frontier, cardinality(r.frontier), r.last_time, r.command_id, r.command, r.command_size
  into before, size, frontier, peaks, last_time, command_id, command, command_size
  from ledger.restoring as r where r.ledger = p_ledger for no key update;

  for line in
    insert into ledger.restoring_entry as e (ledger, position, subject, version, type, time, command_id, line, leaf)
    select p_ledger, before + nth, subject, version, type, time, judged.command_id,
      case when misfit is null then judged.line else ledger._refuse_line(nth, misfit) end,
      sha256('\x00'::bytea || convert_to(judged.line, 'UTF8'))
    from ledger._judged(p_ledger, before, p_lines) as judged
    -- no string in a line can hold these two: its quotes would be escaped
    returning e.position, e.time, e.command_id, e.leaf,
      split_part(substr(e.line, strpos(e.line, ',"actor":')), ',"datacontenttype":', 1) as command
  loop
    if line.position <> size + 1 then
      raise exception 'lines were not kept in their order';
    elsif line.time < last_time then
      perform ledger._refuse_line(line.position - before, 'its time lies before that of the line it follows');
    elsif line.command_id = command_id and (line.command <> command or line.time <> last_time) then
      perform ledger._refuse_line(line.position - before, 'it has the commandid of the line it follows, but another time, actor, correlation or cause');
    end if;

    if line.command_id is distinct from command_id then
      if command_id is not null then
        node := frontier[peaks];
        for i in reverse peaks - 1 .. 1 loop
          node := sha256('\x01'::bytea || frontier[i] || node);
        end loop;
        ended := ended + 1;
        ids[ended] := command_id;
        positions[ended] := size;
        counts[ended] := command_size;
        roots[ended] := node;
      end if;
      command_id := line.command_id;
      command := line.command;
      command_size := 0;
    end if;
    command_size := command_size + 1;
    last_time := line.time;

    -- RFC 6962 § 2.1: a full subtree takes in its left neighbour of the same size.
    node := line.leaf;
    carry := size;
    while carry & 1 = 1 loop
      node := sha256('\x01'::bytea || frontier[peaks] || node);
      peaks := peaks - 1;
      carry := carry >> 1;
    end loop;
    peaks := peaks + 1;
    frontier[peaks] := node;
    size := size + 1;
  end loop;
  frontier := frontier[:peaks];

  insert into ledger.restoring_receipt (ledger, command_id, position, count, root)
  select p_ledger, r.id, r.position, r.count, r.root from unnest(ids, positions, counts, roots) as r (id, position, count, root)
  on conflict do nothing;
  -- A command is carried out once: its lines stand together.
  select min(r.position - r.count) + 1 into again
  from unnest(ids || command_id, positions || size, counts || command_size) as r (id, position, count)
  join ledger.restoring_receipt as known on known.ledger = p_ledger and known.command_id = r.id and known.position <> r.position;
  if again is not null then
    perform ledger._refuse_line(again - before, 'its commandid is that of an earlier command');
  end if;

  update ledger.restoring as r
  set size = head.size, frontier = head.frontier, last_time = head.last_time,
    command_id = head.command_id, command = head.command, command_size = head.command_size
  where r.ledger = p_ledger;
  position := size;
  root := ledger._root(frontier);
end $$;

-- Puts away what an unfinished restore has kept; answers how many lines that were.
create function ledger.discard(p_ledger text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  lines bigint;
begin
  delete from ledger.restoring as r where r.ledger = p_ledger returning r.size into lines;
  delete from ledger.restoring_entry as e where e.ledger = p_ledger;
  delete from ledger.restoring_receipt as r where r.ledger = p_ledger;
  return coalesce(lines, 0);
end $$;

-- Ends a restore: the lines that are kept become the ledger, all in one transaction, if they are `p_size` lines with this
-- root (SB012); null for a root that nobody can tell. No line tells the digest of its command, so receipts get an empty
-- one, which no command has. Answers the root.
create function ledger.restored(p_ledger text, p_size bigint, p_root bytea) returns bytea
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept ledger.restoring;
  root bytea;
begin
  select * into kept from ledger.restoring as r where r.ledger = p_ledger and r.size > 0 for no key update;
  if not found then
    raise exception 'no restore of ledger % is under way', p_ledger using errcode = 'SB003';
  end if;
  root := ledger._root(kept.frontier);
  if kept.size is distinct from p_size or root <> p_root then
    raise exception '% lines with root % are kept for ledger %, not % with root %',
      kept.size, encode(root, 'hex'), p_ledger, p_size, encode(p_root, 'hex') using errcode = 'SB012';
  end if;
  insert into ledger.ledger (ledger) values (p_ledger) on conflict do nothing;
  perform from ledger.ledger as l where l.ledger = p_ledger for no key update;
  perform ledger._require_empty(p_ledger);

  insert into ledger.entry (ledger, position, subject, version, type, time, line, leaf)
  select e.ledger, e.position, e.subject, e.version, e.type, e.time, e.line, e.leaf
  from ledger.restoring_entry as e where e.ledger = p_ledger order by e.position;
  insert into ledger.receipt (ledger, command_id, digest, position, count, root)
  select r.ledger, r.command_id, ''::bytea, r.position, r.count, r.root from ledger.restoring_receipt as r where r.ledger = p_ledger;
  insert into ledger.receipt (ledger, command_id, digest, position, count, root)
  values (p_ledger, kept.command_id, '', kept.size, kept.command_size, root);
  update ledger.ledger as l set size = kept.size, frontier = kept.frontier, last_time = kept.last_time where l.ledger = p_ledger;
  insert into ledger.restoration (ledger, size, root, compared) values (p_ledger, kept.size, root, p_root is not null);
  perform ledger.discard(p_ledger);
  return root;
end $$;

revoke execute on all functions in schema ledger from public;
grant execute on function ledger.restore, ledger.restored, ledger.discard to sporbar_importer;
