s/m-[0-9a-f]{8}/m-ID/g
s/s-[0-9a-f]{12}/s-ID/g
s/[0-9]+\.[0-9]{3,4}/N.NNN/g
s/[0-9]+\.[0-9]+ images/N images/g
