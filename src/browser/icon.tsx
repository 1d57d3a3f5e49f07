/**
 * Signs that fonts do not have everywhere, drawn.
 */
const PATHS = {
  sun: 'M12 4V2M12 22v-2M4 12H2M22 12h-2M5.6 5.6 4.2 4.2M19.8 19.8l-1.4-1.4M5.6 18.4l-1.4 1.4M19.8 4.2l-1.4 1.4M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15L6 16ZM10 21h4',
  silent: 'M6 16V11a6 6 0 0 1 9.5-4.9M18 11v5l1.5 2h-15L6 16M10 21h4M3 3l18 18',
  play: 'M7 4v16l13-8Z',
  pause: 'M7 5v14M17 5v14',
} as const;

export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" class="icon-drawn">
      <path d={PATHS[name]} />
    </svg>
  );
}
