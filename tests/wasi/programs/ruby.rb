# What a small Ruby program does of a system: files, streams, arguments, variables, an exit code.
require "json"

records = JSON.parse(File.read("/work/input.json", encoding: "UTF-8"))
records.sort_by! { |record| [-record["count"], record["name"]] }
records.each { |record| puts format("%10s %3d %8.3f", record["name"], record["count"], record["mass"]) }
puts "arguments: #{ARGV.inspect}"
puts "variable: #{ENV['GREETING']} and no other: #{ENV['HOME'].inspect}"
report = { total: records.sum { |record| record["mass"] }, names: records.map { |record| record["name"] } }
unless ARGV.include?("only-read")
  File.write("/work/report.txt", JSON.pretty_generate(report))
  Dir.mkdir("/work/made")
  File.rename("/work/report.txt", "/work/made/report.json")
  puts "written: #{File.size('/work/made/report.json')}"
end
puts "in the folder: #{Dir.children('/work').sort.inspect}"
# Something to compute, so that more than the start is run.
primes = (2...2000).select { |n| (2..Integer.sqrt(n)).none? { |k| (n % k).zero? } }
puts "primes: #{primes.size} #{primes.last} sum: #{primes.sum}"
puts "words: #{records.map { |record| record['name'] }.join(' ').scan(/[a-z]+/).uniq.sort.inspect}"
begin
  File.open("/work/../outside")
rescue SystemCallError => e
  puts "outside: #{e.class}"
end
warn "to the other stream"
exit 7
