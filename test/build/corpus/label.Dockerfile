FROM busybox
LABEL a=1 b="two words" "quoted key"=x
LABEL a=2 long="line \
continued"
LABEL old style label
