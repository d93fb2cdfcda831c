-- Room in each page, so that a memory whose importance changes stays in its page and no index is written (HOT). Pages
-- that are full already stay so.
ALTER TABLE "memories" SET (fillfactor = 80);
