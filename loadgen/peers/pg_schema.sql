-- What tuma-load keeps in PostgreSQL: accounts, transfers, and the one way to move money.
create schema tuma_load;
comment on schema tuma_load is 'made by tuma-load, whose next set-up removes it';

-- Half of each page is left free, so that a new version of a row stays on its page (HOT).
create table tuma_load.accounts (
    id bigint primary key,
    balance bigint not null check (balance >= 0)
) with (fillfactor = 50);

create table tuma_load.transfers (
    reference uuid primary key,
    debit bigint not null,
    credit bigint not null,
    amount bigint not null check (amount > 0),
    made_at timestamptz not null default clock_timestamp()
);

-- Moves money and writes it down, or does neither. True when it is done, false when it was done before.
create function tuma_load.transfer(wanted uuid, payer bigint, payee bigint, moved bigint) returns boolean
language plpgsql as $$
begin
    insert into tuma_load.transfers (reference, debit, credit, amount)
        values (wanted, payer, payee, moved) on conflict do nothing;
    if not found then
        if exists (select from tuma_load.transfers t where t.reference = wanted and t.debit = payer
                   and t.credit = payee and t.amount = moved) then
            return false;
        end if;
        raise exception 'another request had this reference' using errcode = 'TL003';
    end if;
    -- In the order of numbers, or two transfers to and fro would lock each other out.
    if payee < payer then
        update tuma_load.accounts set balance = balance + moved where id = payee;
        if not found then
            raise exception 'account % is unknown', payee using errcode = 'TL002';
        end if;
    end if;
    update tuma_load.accounts set balance = balance - moved where id = payer and balance >= moved;
    if not found then
        if exists (select from tuma_load.accounts where id = payer) then
            raise exception 'account % has less than %', payer, moved using errcode = 'TL001';
        end if;
        raise exception 'account % is unknown', payer using errcode = 'TL002';
    end if;
    if payee > payer then
        update tuma_load.accounts set balance = balance + moved where id = payee;
        if not found then
            raise exception 'account % is unknown', payee using errcode = 'TL002';
        end if;
    end if;
    return true;
end
$$;
