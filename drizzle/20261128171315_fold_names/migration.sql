-- Names are folded by Unicode's full case folding from now on. What is there was only in lower case: this is what differs.
-- Row-level security is lifted meanwhile, since the owner may not be able to pass it.
CREATE FUNCTION pg_temp.refold(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT normalize(replace(normalize(
    translate(replace(replace(name, 'ß', 'ss'), U&'i\0307', 'i'), 'ςᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σвдосттъѣꙋ'), NFD), U&'\0345', 'ι'), NFKC)
$$;
--> statement-breakpoint
ALTER TABLE entities NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE entities_history NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE entities DISABLE TRIGGER USER;
--> statement-breakpoint
-- Two entities that become equal stay apart, the later one under the spelling it had: mergeEntities joins them.
UPDATE entities e SET folded_name = pg_temp.refold(e.folded_name)
WHERE e.folded_name ~ '[^ -~]' AND pg_temp.refold(e.folded_name) <> e.folded_name
  AND NOT EXISTS (SELECT FROM entities o WHERE o.workspace_id = e.workspace_id AND o.companion_id = e.companion_id
    AND o.type = e.type AND o.id <> e.id AND (o.folded_name = pg_temp.refold(e.folded_name)
      OR (o.folded_name ~ '[^ -~]' AND pg_temp.refold(o.folded_name) = pg_temp.refold(e.folded_name) AND o.id < e.id)));
--> statement-breakpoint
UPDATE entities_history h SET folded_name = pg_temp.refold(h.folded_name)
WHERE h.folded_name ~ '[^ -~]' AND pg_temp.refold(h.folded_name) <> h.folded_name;
--> statement-breakpoint
ALTER TABLE entities ENABLE TRIGGER USER;
--> statement-breakpoint
ALTER TABLE entities FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE entities_history FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
DROP FUNCTION pg_temp.refold(text);
