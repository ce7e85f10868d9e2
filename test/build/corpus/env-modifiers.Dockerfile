FROM busybox
ENV V=value EMPTY=
ENV A=${V:-x} B=${EMPTY:-x} C=${NONE:-x} D=${V:+y} E=${NONE:+y} F=\$V G="a\"b" H=$NONE.
