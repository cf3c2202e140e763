-- One commit of one row, as a step's record: numbered by client, so that clients don't wait for one another's keys.
\set seq :seq + 1
INSERT INTO one_row (run, seq, kind, step, at, data) VALUES (:client_id, :seq, 2, 1, 0, '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526272829');
