/** Names of the files in a model's folder. */
export const MODEL_FILE = 'model.json';
export const DAEMON_SOCKET = 'daemon.sock';
export const DAEMON_LOG = 'daemon.log';
export const DEBUG_LOG = 'debug.log';
