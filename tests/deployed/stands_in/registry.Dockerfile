# A registry as its image is used: on port 5000, images in /var/lib/registry.
ARG BASE
FROM ${BASE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends docker-registry && rm -rf /var/lib/apt/lists/*
COPY registry.yml /etc/registry.yml
VOLUME /var/lib/registry
CMD ["docker-registry", "serve", "/etc/registry.yml"]
