-- Which topic the marks of a publisher are about: one that is deleted and made anew has the name, and not the id.

create table projection.topic (
  name text collate "C" primary key,
  id text collate "C" not null,
  noted_at timestamptz not null default now()
);
comment on column projection.topic.id is 'the id that Kafka gave the topic';

grant select on projection.topic to sporbar_app;
grant select, insert, update, delete on projection.topic to sporbar_worker;
