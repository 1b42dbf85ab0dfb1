// SQLite as a guest: a database in memory, with a file system that holds nothing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env.h"
#include "sqlite3.h"

static sqlite3 *database;
static char *statement;

static void check(int fine) {
    if (fine) return;
    const char *what = database ? sqlite3_errmsg(database) : "no database";
    host_fail(what, (uint32_t)strlen(what));
}

// A database in memory opens no file, but SQLite asks its file system for the time and for a seed; both are fixed.

static int no_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    (void)vfs, (void)name, (void)file, (void)flags, (void)out;
    return SQLITE_CANTOPEN;
}

static int no_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    (void)vfs, (void)name, (void)sync;
    return SQLITE_IOERR_DELETE;
}

static int no_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
    (void)vfs, (void)name, (void)flags;
    *out = 0;
    return SQLITE_OK;
}

static int same_path(sqlite3_vfs *vfs, const char *name, int room, char *out) {
    (void)vfs;
    sqlite3_snprintf(room, out, "%s", name);
    return SQLITE_OK;
}

static int fixed_bytes(sqlite3_vfs *vfs, int length, char *out) {
    (void)vfs;
    for (int i = 0; i < length; i++) out[i] = (char)(i * 37 + 11);
    return length;
}

static int no_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;
}

// 2000-01-01 12:00 in Julian days and in milliseconds since the Julian epoch.
static int fixed_time(sqlite3_vfs *vfs, double *out) {
    (void)vfs;
    *out = 2451545.0;
    return SQLITE_OK;
}

static int fixed_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *out) {
    (void)vfs;
    *out = INT64_C(2451545) * 86400000;
    return SQLITE_OK;
}

static int no_error(sqlite3_vfs *vfs, int room, char *out) {
    (void)vfs, (void)room, (void)out;
    return 0;
}

static sqlite3_vfs nothing = {
    .iVersion = 2, .szOsFile = sizeof(sqlite3_file), .mxPathname = 64, .zName = "nothing", .xOpen = no_file,
    .xDelete = no_delete, .xAccess = no_access, .xFullPathname = same_path, .xRandomness = fixed_bytes,
    .xSleep = no_sleep, .xCurrentTime = fixed_time, .xGetLastError = no_error, .xCurrentTimeInt64 = fixed_time_ms,
};

int sqlite3_os_init(void) {
    return sqlite3_vfs_register(&nothing, 1);
}

int sqlite3_os_end(void) {
    return SQLITE_OK;
}

static void prepare(void) {
    if (!database) check(sqlite3_open(":memory:", &database) == SQLITE_OK);
}

static int print_row(void *unused, int columns, char **values, char **names) {
    (void)unused, (void)names;
    for (int i = 0; i < columns; i++) {
        const char *value = values[i] ? values[i] : "NULL";
        if (i) host_print("|", 1);
        host_print(value, (uint32_t)strlen(value));
    }
    host_print("\n", 1);
    return 0;
}

char *buffer(uint32_t length) {
    statement = realloc(statement, length + 1);
    check(statement != 0);
    return statement;
}

// Runs the statements in the buffer and prints the rows; on an error prints its message; returns SQLite's code.
int32_t eval(uint32_t length) {
    prepare();
    statement[length] = 0;
    char *message = 0;
    int status = sqlite3_exec(database, statement, print_row, 0, &message);
    if (message) {
        host_print(message, (uint32_t)strlen(message));
        host_print("\n", 1);
        sqlite3_free(message);
    }
    return status;
}

static void execute(const char *sql) {
    check(sqlite3_exec(database, sql, 0, 0, 0) == SQLITE_OK);
}

static uint32_t query(const char *sql, uint32_t sum) {
    sqlite3_stmt *prepared;
    check(sqlite3_prepare_v2(database, sql, -1, &prepared, 0) == SQLITE_OK);
    while (sqlite3_step(prepared) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(prepared); i++) {
            if (sqlite3_column_type(prepared, i) == SQLITE_TEXT) {
                for (const unsigned char *c = sqlite3_column_text(prepared, i); *c; c++) sum = fold(sum, *c);
            } else {
                sqlite3_int64 value = sqlite3_column_int64(prepared, i);
                sum = fold(fold(sum, (uint32_t)value), (uint32_t)(value >> 32));
            }
        }
    check(sqlite3_finalize(prepared) == SQLITE_OK);
    return sum;
}

// Fills two tables with 1,000 rows, joins, groups, updates and deletes, n times over.
int32_t run(int32_t n) {
    uint32_t sum = 0;
    prepare();
    for (int32_t round = 0; round < n; round++) {
        uint32_t state = 5 + (uint32_t)round;
        sqlite3_stmt *insert;
        execute("DROP TABLE IF EXISTS sample; DROP TABLE IF EXISTS device;"
                "CREATE TABLE device(id INTEGER PRIMARY KEY, name TEXT, zone INTEGER);"
                "CREATE TABLE sample(id INTEGER PRIMARY KEY, device INTEGER, value INTEGER, note TEXT);"
                "CREATE INDEX sample_device ON sample(device, value);"
                "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20)"
                "INSERT INTO device SELECT x, 'device-' || x, x % 4 FROM c; BEGIN");
        check(sqlite3_prepare_v2(database, "INSERT INTO sample(device, value, note) VALUES(?1, ?2, ?3)", -1, &insert,
                                 0) == SQLITE_OK);
        for (int i = 0; i < 1000; i++) {
            char note[16];
            sqlite3_snprintf(sizeof note, note, "n%u", next_random(&state) % 500);
            sqlite3_bind_int(insert, 1, 1 + (int)(next_random(&state) % 20));
            sqlite3_bind_int(insert, 2, (int)(next_random(&state) % 10000));
            sqlite3_bind_text(insert, 3, note, -1, SQLITE_TRANSIENT);
            check(sqlite3_step(insert) == SQLITE_DONE);
            sqlite3_reset(insert);
        }
        check(sqlite3_finalize(insert) == SQLITE_OK);
        execute("COMMIT");
        sum = query("SELECT zone, count(*), sum(value), min(value), max(value) FROM sample JOIN device ON "
                    "device.id = sample.device GROUP BY zone ORDER BY zone", sum);
        sum = query("SELECT name, avg(value) * 100, group_concat(value) FROM device JOIN sample ON device.id = device "
                    "WHERE value BETWEEN 100 AND 900 GROUP BY name ORDER BY 2, 1", sum);
        sum = query("SELECT note, count(*) c FROM sample WHERE note LIKE 'n1%' GROUP BY note HAVING c > 2 ORDER BY c "
                    "DESC, note LIMIT 20", sum);
        execute("UPDATE sample SET value = value + 7 WHERE device % 3 = 0; DELETE FROM sample WHERE value % 5 = 1");
        sum = query("SELECT count(*), sum(value), total(id) FROM sample", sum);
    }
    return (int32_t)sum;
}
