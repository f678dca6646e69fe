# PostgreSQL as its image is used: POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB make the database the first time.
ARG BASE
FROM ${BASE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/*
COPY --chmod=0755 postgres-start /usr/local/bin/
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres-start"]
