s/m-[0-9a-f]{8}/m-ID/g
s/s-[0-9a-f]{12}/s-ID/g
s/05\.[0-9]{3}Z/05Z/g
s/[0-9]+\.[0-9]{3,4}/N.NNN/g
s/loss [0-9.]+/loss N/
s/ +[0-9]+\.[0-9] +N\.NNN/  SPEED  N.NNN/
s/ at [0-9]+\)/ at N)/
