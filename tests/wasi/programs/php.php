<?php
// What a small PHP program does of a system: files, streams, arguments, variables, an exit code.
$records = json_decode(file_get_contents("/work/input.json"), true);
usort($records, fn($a, $b) => [$b["count"], $a["name"]] <=> [$a["count"], $b["name"]]);
foreach ($records as $record) {
    printf("%10s %3d %8.3f\n", $record["name"], $record["count"], $record["mass"]);
}
echo "arguments: ", json_encode(array_slice($argv, 1)), "\n";
echo "variable: ", getenv("GREETING"), " and no other: ", var_export(getenv("HOME"), true), "\n";
$report = ["total" => array_sum(array_column($records, "mass")), "names" => array_column($records, "name")];
if (!in_array("only-read", $argv)) {
    file_put_contents("/work/report.txt", json_encode($report, JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE));
    mkdir("/work/made");
    rename("/work/report.txt", "/work/made/report.json");
    echo "written: ", filesize("/work/made/report.json"), "\n";
}
echo "in the folder: ", json_encode(array_values(array_diff(scandir("/work"), [".", ".."]))), "\n";
// Something to compute, so that more than the start is run.
$primes = array_filter(range(2, 1999), function ($n) {
    for ($k = 2; $k * $k <= $n; $k++) {
        if ($n % $k === 0) {
            return false;
        }
    }
    return true;
});
echo "primes: ", count($primes), " ", end($primes), " checksum: ", crc32(json_encode(array_values($primes))), "\n";
preg_match_all("/[a-z]+/", implode(" ", array_column($records, "name")), $words);
echo "words: ", json_encode(array_unique($words[0])), "\n";
echo "outside: ", var_export(@fopen("/work/../outside", "r"), true), "\n";
error_log("to the other stream", 4);
exit(7);
