FROM busybox
COPY link /l
COPY linkdir /ld
COPY dir/rel /r
COPY link linkdir /both/
