FROM busybox
ADD t.tar.gz /gz
ADD t.tar /plain/
ADD t.tar.bz2 t.tar.xz /both/
ADD t.tar.gz /etc
