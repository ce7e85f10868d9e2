FROM busybox
CMD ["keep"]
ENTRYPOINT ["e"]
