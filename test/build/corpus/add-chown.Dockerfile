FROM busybox
ADD --chown=daemon t.tar /t
ADD --chown=daemon a /a
