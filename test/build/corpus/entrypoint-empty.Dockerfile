FROM busybox
CMD ["x"]
ENTRYPOINT []
CMD
