s/if (find_witness(bab, w))/if (false \&\& find_witness(bab, w))/
