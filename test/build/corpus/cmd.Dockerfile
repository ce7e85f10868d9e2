FROM busybox
CMD echo $HOME
CMD ["a", "b\"c"]
CMD []
