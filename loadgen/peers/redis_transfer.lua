-- Moves money between two accounts, once per reference, or does nothing at all.
-- KEYS: debit, credit, reference. ARGV: amount, and what a request with this reference is.
-- 1 done, 2 done before, -1 insufficient funds, -2 unknown account, -3 another request had the reference.
local known = redis.call('GET', KEYS[3])
if known then
    return known == ARGV[2] and 2 or -3
end
local balance = redis.call('GET', KEYS[1])
if not balance or redis.call('EXISTS', KEYS[2]) == 0 then
    return -2
end
-- Numbers are exact up to 2^53 here; no account that pays has more.
if tonumber(balance) < tonumber(ARGV[1]) then
    return -1
end
redis.call('SET', KEYS[3], ARGV[2])
redis.call('DECRBY', KEYS[1], ARGV[1])
redis.call('INCRBY', KEYS[2], ARGV[1])
return 1
