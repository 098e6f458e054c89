/** Who may log in with a password, and to which projects. */
export interface IamUser {
  domain: string;
  name: string;
  password: string;
  projectIds: readonly string[];
}
