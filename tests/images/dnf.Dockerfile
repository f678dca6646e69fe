# Debian with Fedora's package manager, and a repository of two packages of which one only recommends the other.
ARG BASE
FROM ${BASE}
RUN install_packages createrepo-c dnf rpm
WORKDIR /repository
RUN printf '%s\n' 'Name: probe' 'Version: 1' 'Release: 1' 'Summary: one' 'License: none' 'BuildArch: noarch' \
        'Recommends: probe-more' '%description' '%install' 'mkdir -p %{buildroot}/opt/probe' \
        'echo here > %{buildroot}/opt/probe/file' 'echo read me > %{buildroot}/opt/probe/manual' \
        '%files' '/opt/probe/file' '%doc /opt/probe/manual' \
        '%package more' 'Summary: two' '%description more' '%files more' > /tmp/probe.spec \
    && rpmbuild --quiet -bb --define '_rpmdir /repository' /tmp/probe.spec \
    && createrepo_c --quiet /repository \
    && mkdir -p /etc/yum.repos.d \
    && printf '%s\n' '[local]' 'name=local' 'baseurl=file:///repository' 'gpgcheck=0' > /etc/yum.repos.d/local.repo
COPY scripts/dnf/install_packages /usr/bin/install_packages
RUN chmod 755 /usr/bin/install_packages
