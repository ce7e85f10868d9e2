FROM busybox
CMD [ "a", "b]" ] and more
LABEL a=b
