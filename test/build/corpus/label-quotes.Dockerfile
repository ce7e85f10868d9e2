# args: --label "b=over it"
FROM busybox
ENV V=val
LABEL a=1 \
  # comment
  b="two words" \
  c='$V'\
  d\ e=$V
LABEL old style  label
