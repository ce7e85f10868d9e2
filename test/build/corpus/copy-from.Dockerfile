FROM busybox AS one
RUN mkdir -p /o/d && echo x > /o/f && chown -R 5:6 /o && chmod 700 /o/d && ln -s f /o/l
FROM busybox
COPY --from=one /o /a
COPY --from=0 /o/f /o/l /b/
COPY --from=one --chown=8:9 /o /c
COPY --from=one /o/* /d/
