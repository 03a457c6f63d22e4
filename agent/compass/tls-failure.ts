/** Whether the code names a failed TLS handshake: no request was read by anybody. */
export function isTlsFailure(errno: string): boolean {
  return (
    errno === 'EPROTO' || errno.startsWith('ERR_SSL_') || errno.startsWith('ERR_OSSL_') || isUntrustedServer(errno)
  );
}

/** Whether the code says that we do not trust the server's certificate. */
export function isUntrustedServer(errno: string): boolean {
  return (
    errno.startsWith('ERR_TLS_CERT') ||
    errno.startsWith('CERT_') ||
    errno.startsWith('UNABLE_TO_') ||
    errno === 'DEPTH_ZERO_SELF_SIGNED_CERT' ||
    errno === 'SELF_SIGNED_CERT_IN_CHAIN' ||
    errno === 'HOSTNAME_MISMATCH' ||
    errno === 'INVALID_CA'
  );
}
