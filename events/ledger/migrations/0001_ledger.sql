-- The ledger: one gapless, provable sequence of events for each ledger, and one way in.

do $$
begin
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception 'the ledger needs a database with encoding UTF8, not %', current_setting('server_encoding');
  end if;
end $$;

-- Roles belong to the whole server, so another database's migration may be making the same ones right now.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['sporbar_app', 'sporbar_worker', 'sporbar_generator'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I nologin', role_name);
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    if not pg_has_role(current_user, role_name, 'set') then
      execute format('grant %I to current_user with inherit false, set true', role_name);
    end if;
  end loop;
end $$;

create schema ledger;
grant usage on schema ledger to sporbar_app, sporbar_worker, sporbar_generator;

-- None of these tables has check constraints: their expressions are parsed anew for each statement, an eighth of an
-- append. `open` and `append` check what they would.

-- The head row. Its lock orders the writers of one ledger, and theirs only. No column that changes is indexed and
-- half of each page is free, so an update stays on its page (HOT) and the next visitor prunes what it replaced.
create table ledger.ledger (
  ledger text collate "C" primary key,
  simulated boolean not null default false,
  size bigint not null default 0,
  frontier bytea[] not null default '{}',
  last_time timestamptz not null default '-infinity',
  clock timestamptz,
  opened_at timestamptz not null default now()
) with (fillfactor = 50);
comment on column ledger.ledger.simulated is 'opened by the generator, which alone may say when its events happened';
comment on column ledger.ledger.clock is 'what time it is, while an append to a simulated ledger goes on';
comment on column ledger.ledger.frontier is 'RFC 6962: roots of the full subtrees, largest first; one for each 1 in the binary form of size';

create table ledger.entry (
  ledger text collate "C" not null,
  position bigint not null,
  subject text collate "C" not null,
  version integer not null,
  type text collate "C" not null,
  time timestamptz not null,
  line text collate "C" not null,
  leaf bytea not null,
  primary key (ledger, position),
  unique (ledger, subject, version)
);
comment on column ledger.entry.line is 'the event as one CloudEvents 1.0 JSON line; its bytes are the evidence';
comment on column ledger.entry.leaf is 'RFC 6962 leaf hash, SHA-256(0x00 || line)';

create table ledger.receipt (
  ledger text collate "C" not null,
  command_id uuid not null,
  digest bytea not null,
  position bigint not null,
  count integer not null,
  root bytea not null,
  primary key (ledger, command_id)
);
comment on column ledger.receipt.position is 'size of the ledger after the command';
comment on column ledger.receipt.count is 'how many events the command led to; 0 when there was nothing to do';
comment on column ledger.receipt.root is 'RFC 6962 root over the first `position` lines';

grant select on ledger.ledger, ledger.entry, ledger.receipt to sporbar_app, sporbar_worker, sporbar_generator;

-- Not even the owner changes what was recorded; `always` holds in replication mode too.
create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on %.% is not possible: what is recorded stays', tg_op, tg_table_schema, tg_table_name using errcode = 'SB009';
end $$;

create trigger recorded before update or delete or truncate on ledger.entry execute function ledger.refuse_change();
create trigger recorded before update or delete or truncate on ledger.receipt execute function ledger.refuse_change();
create trigger recorded before delete or truncate on ledger.ledger execute function ledger.refuse_change();
alter table ledger.entry enable always trigger recorded;
alter table ledger.receipt enable always trigger recorded;
alter table ledger.ledger enable always trigger recorded;

create type ledger.appended as ("position" bigint, root bytea, count integer, repeated boolean);

-- The first event that does not continue its stream, with the stream's last version; null if there is none. A stream
-- begins with version 1 (or 0) and has no gap. Asked under the head row's lock, so nobody else is adding to the streams.
create function ledger._conflict(p_ledger text, p_subject text[], p_version integer[]) returns json
language plpgsql as $$
declare
  stream text;
  current integer;
begin
  for i in 1 .. cardinality(p_subject) loop
    if stream is distinct from p_subject[i] then
      stream := p_subject[i];
      select max(e.version) into current from ledger.entry as e where e.ledger = p_ledger and e.subject = stream;
      if i > 1 and stream = any (p_subject[:i - 1]) then
        select max(v) into current from unnest(p_subject[:i - 1], p_version[:i - 1]) as before (s, v) where s = stream;
      end if;
    end if;
    if p_version[i] <> coalesce(current + 1, least(greatest(p_version[i], 0), 1)) then
      return json_build_object('subject', stream, 'version', p_version[i], 'current', current);
    end if;
    current := p_version[i];
  end loop;
  return null;
end $$;

create function ledger._refuse_event(nth integer) returns text language plpgsql as $$
begin
  raise exception 'event % cannot be stored: subject and type have 1 to 255 bytes, data are a JSON object on one line or base64 text', nth
    using errcode = 'SB006';
end $$;

-- The one way in. It answers the size of the ledger, the root over all its lines, how many events there were, and whether
-- the command had been carried out before; then these are the first answer, and nothing is written.
--
-- All of it happens in one transaction, with the head row locked to its end: so positions are gapless and in the order of
-- commit, and a reader that has seen position p has seen all before it. It is one long function because each call of
-- another costs a tenth of it; it keeps its plans, made for tables that grow.
create function ledger.append(
  p_ledger text, p_command_id uuid, p_digest bytea, p_actor text, p_correlation_id uuid, p_causation_id text,
  p_subject text[], p_version integer[], p_type text[], p_data json[]
) returns ledger.appended language plpgsql security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
<<head>>
declare
  size bigint;
  frontier bytea[];
  last_time timestamptz;
  clock timestamptz;
  known ledger.receipt;
  number integer := cardinality(p_subject);
  conflict json;
  before_type text;
  before_version text;
  before_data text;
  written bigint;
  node bytea;
  peaks integer;
  carry bigint;
begin
  select l.size, l.frontier, l.last_time, l.clock into size, frontier, last_time, clock
  from ledger.ledger as l where l.ledger = p_ledger for no key update;
  if not found then
    raise exception 'there is no ledger %', p_ledger using errcode = 'SB003';
  end if;
  peaks := cardinality(frontier);

  -- A statement of its own: only then does it see what the former holder of the lock has just committed.
  select * into known from ledger.receipt as r where r.ledger = p_ledger and r.command_id = p_command_id;
  if found then
    if known.digest is distinct from p_digest then
      raise exception 'command % was given before with other content', p_command_id using errcode = 'SB002';
    end if;
    return (known.position, known.root, known.count, true)::ledger.appended;
  end if;

  if number > 0 then
    if not (cardinality(p_version) = number and cardinality(p_type) = number and cardinality(p_data) = number) then
      raise exception 'subjects, versions, types and data are not equally many' using errcode = 'SB006';
    end if;
    conflict := ledger._conflict(p_ledger, p_subject, p_version);
    if conflict is not null then
      raise exception 'version % does not follow in stream %, whose last one is %',
        conflict ->> 'version', conflict ->> 'subject', coalesce(conflict ->> 'current', 'none') using errcode = 'SB001', detail = conflict;
    end if;

    if clock is null then
      last_time := greatest(date_trunc('milliseconds', clock_timestamp()), last_time);
    elsif clock >= last_time and clock <= clock_timestamp() then
      last_time := clock;
    else
      raise exception 'time % does not lie between the last event of ledger %, %, and now', clock, p_ledger, last_time using errcode = 'SB004';
    end if;

    before_type := '","source":' || to_json('/practices/' || p_ledger) || ',"type":';
    before_version := ',"time":"' || to_char(last_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","streamversion":';
    before_data := ',"actor":' || to_json(p_actor) || ',"commandid":"' || p_command_id || '","correlationid":"' || p_correlation_id
      || coalesce('","causationid":' || to_json(p_causation_id) || ',"datacontenttype":"', '","datacontenttype":"');
    for written, node in
      insert into ledger.entry as e (ledger, position, subject, version, type, time, line, leaf)
      select p_ledger, head.size + nth, subject, version, type, head.last_time, line, sha256('\x00'::bytea || convert_to(line, 'UTF8'))
      from (
        select nth, subject, version, type,
          '{"specversion":"1.0","id":"' || head.size + nth || before_type || to_json(type) || ',"subject":' || to_json(subject)
          || before_version || version || before_data
          || case
               when not (octet_length(subject) between 1 and 255 and octet_length(type) between 1 and 255) then ledger._refuse_event(nth)
               -- The cast refuses the escapes of NUL and of lone surrogates (22P05, 22P02): no jsonb column could take them in.
               when json_typeof(data) = 'object' and strpos(data::text, E'\n') = 0 and (strpos(data::text, '\u') = 0 or data::jsonb is not null)
                 then 'application/json","data":'
               when json_typeof(data) = 'string' and decode(data #>> '{}', 'base64') is not null
                 then 'application/octet-stream","data_base64":'
               else ledger._refuse_event(nth)
             end
          || data || '}' as line
        from (
          select generate_subscripts(p_subject, 1) as nth,
            unnest(p_subject) as subject, unnest(p_version) as version, unnest(p_type) as type, unnest(p_data) as data
        ) as event
        offset 0 -- the line is composed once, though it is used twice
      ) as composed
      returning e.position, e.leaf
    loop
      if written <> size + 1 then
        raise exception 'entries were not stored in their order';
      end if;
      -- RFC 6962 § 2.1: a full subtree takes in its left neighbour of the same size.
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
    update ledger.ledger as l set size = head.size, frontier = head.frontier[:peaks], last_time = head.last_time where l.ledger = p_ledger;
  end if;

  node := coalesce(frontier[peaks], sha256(''::bytea));
  for i in reverse peaks - 1 .. 1 loop
    node := sha256('\x01'::bytea || frontier[i] || node);
  end loop;
  insert into ledger.receipt (ledger, command_id, digest, position, count, root)
  values (p_ledger, p_command_id, p_digest, head.size, number, node);
  return (size, node, number, false)::ledger.appended;
end $$;

-- The same at a given time, on simulated ledgers only (SB005): their clock stands still at it for this append.
create function ledger.append_at(
  p_ledger text, p_command_id uuid, p_digest bytea, p_actor text, p_correlation_id uuid, p_causation_id text,
  p_subject text[], p_version integer[], p_type text[], p_data json[], p_time timestamptz
) returns ledger.appended language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  answer ledger.appended;
begin
  update ledger.ledger as l set clock = date_trunc('milliseconds', p_time) where l.ledger = p_ledger and l.simulated;
  if not found or p_time is null then
    raise exception 'ledger % is not simulated: its times are the clock''s', p_ledger using errcode = 'SB005';
  end if;
  answer := ledger.append(
    p_ledger, p_command_id, p_digest, p_actor, p_correlation_id, p_causation_id, p_subject, p_version, p_type, p_data
  );
  update ledger.ledger as l set clock = null where l.ledger = p_ledger;
  return answer;
end $$;

-- Opens a ledger; one that is open stays as it is. Answers whether it is new.
create function ledger.open(p_ledger text, p_simulated boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_ledger !~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(/access)?$' then
    raise exception 'a ledger is named by a practice id: lower-case letters, digits and hyphens, 63 at most' using errcode = 'SB006';
  end if;
  insert into ledger.ledger (ledger, simulated) values (p_ledger, p_simulated) on conflict do nothing;
  return found;
end $$;

-- Position of the last event recorded at or before a time, 0 if there is none; null for a ledger that is not open.
-- Times never decrease along positions, so halving finds it in the primary key.
create function ledger.position_at(p_ledger text, p_time timestamptz) returns bigint
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  low bigint := 0;
  high bigint := (select l.size from ledger.ledger as l where l.ledger = p_ledger);
  middle bigint;
begin
  while low < high loop
    middle := (low + high + 1) / 2;
    if (select e.time <= p_time from ledger.entry as e where e.ledger = p_ledger and e.position = middle) then
      low := middle;
    else
      high := middle - 1;
    end if;
  end loop;
  return case when high is null then null else low end;
end $$;

revoke execute on all functions in schema ledger from public;
grant execute on function ledger.append, ledger.open to sporbar_app, sporbar_generator;
grant execute on function ledger.append_at to sporbar_generator;
grant execute on function ledger.position_at to sporbar_app, sporbar_worker, sporbar_generator;
