CREATE TABLE city(id INTEGER PRIMARY KEY, name TEXT UNIQUE, people INTEGER, height REAL);
INSERT INTO city(name, people, height) VALUES
  ('Bern', 134000, 540.0), ('Basel', 173000, 260.5), ('Genf', 203000, 375), ('Chur', 38000, 593.25), ('Thun', NULL, 560);
SELECT * FROM city ORDER BY people DESC;
SELECT upper(name), length(name), substr(name, 2, 2), people / 1000.0 FROM city WHERE people > 100000;
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1000)
  SELECT count(*), sum(n), avg(n), max(n * n) FROM number;
CREATE TABLE series AS WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1000)
  SELECT n AS id, (n * 7919) % 1009 AS value, printf('%04d', n) AS label FROM number;
CREATE INDEX series_value ON series(value);
SELECT count(*), count(DISTINCT value), sum(value) FROM series;
SELECT label, value FROM series WHERE value IN (1, 10, 100, 1000) ORDER BY value;
SELECT value / 250 AS bucket, count(*), min(label), max(label) FROM series GROUP BY bucket ORDER BY bucket;
SELECT id, value, sum(value) OVER (ORDER BY id ROWS 2 PRECEDING), rank() OVER (ORDER BY value) FROM series LIMIT 5;
BEGIN; DELETE FROM series WHERE id > 10; SELECT count(*) FROM series; ROLLBACK; SELECT count(*) FROM series;
CREATE TRIGGER guard BEFORE UPDATE ON city WHEN new.people < 0 BEGIN SELECT RAISE(ABORT, 'no negative people'); END;
SELECT hex(zeroblob(4)), quote('it''s'), typeof(1.5), coalesce(NULL, 'x'), 7 / 2, 7.0 / 2, 1e300 * 1e10, abs(-3);
SELECT date('now'), time('now'), julianday('2000-01-01 12:00');
SELECT name FROM sqlite_master ORDER BY name;
EXPLAIN QUERY PLAN SELECT * FROM series WHERE value = 5;
PRAGMA integrity_check;
UPDATE city SET people = -1 WHERE name = 'Bern';
SELECT 'not reached';
