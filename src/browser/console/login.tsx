/**
 * Signing in with a token.
 */
import { useState } from 'preact/hooks';
import { ThemeButton } from '../theme.js';
import { loginProblem, signIn } from './store.js';
import { Logo } from './top-bar.js';

export function Login() {
  const [given, setGiven] = useState('');
  return (
    <main class="login">
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          if (given.trim() !== '') void signIn(given.trim());
        }}
      >
        <h1>
          <Logo /> fillchart console
        </h1>
        <p class="quiet">
          This service needs a token. It says who you are, and what you may do; it stays in this tab and goes when the
          tab is closed.
        </p>
        <div class="field">
          <label for="token">Token</label>
          <input
            id="token"
            class="input"
            type="password"
            autocomplete="off"
            value={given}
            onInput={(event) => setGiven(event.currentTarget.value)}
          />
        </div>
        {loginProblem.value === '' ? null : (
          <p class="problem" role="alert">
            {loginProblem.value}
          </p>
        )}
        <div class="login-actions">
          <button type="submit" class="button primary">
            Sign in
          </button>
          <ThemeButton />
        </div>
      </form>
    </main>
  );
}
