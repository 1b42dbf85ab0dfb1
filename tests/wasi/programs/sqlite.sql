-- What the shell of SQLite does of a system: files, streams, an exit code.
.open /work/made.db
create table record(name text, count integer, mass real);
.mode csv
.import /work/input.csv record
.mode column
select * from record order by count desc, name;
.output /work/report.txt
select sum(mass), group_concat(name, ', ') from (select * from record order by name);
.output stdout
with recursive n(x) as (select 2 union all select x + 1 from n where x < 400)
    select count(*), max(x) from n where not exists (select 1 from n as d where d.x * d.x <= n.x and n.x % d.x = 0);
create index by_mass on record(mass);
pragma integrity_check;
select sqlite_version();
select * from nothing_of_this_name;
.exit 7
